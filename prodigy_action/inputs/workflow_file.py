"""From a workflow file to a validated workflow: every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.checks.environment_names import find_undefined_in_environment
from prodigy_action.inputs.checks.expressions import check_expressions
from prodigy_action.inputs.checks.foreign_placeholders import find_foreign_placeholders
from prodigy_action.inputs.checks.idle_fields import find_idle_fields
from prodigy_action.inputs.checks.isolation import check_isolation, find_writes
from prodigy_action.inputs.checks.lost_changes import find_lost_changes
from prodigy_action.inputs.checks.model_errors import model_problems, without_refused
from prodigy_action.inputs.checks.names import check_defaults, check_names, missing_outputs
from prodigy_action.inputs.checks.shell_texts import texts_to_parse
from prodigy_action.inputs.checks.special_names import check_special_names
from prodigy_action.inputs.checks.undefined_names import find_undefined_names
from prodigy_action.inputs.composition.compose import compose
from prodigy_action.inputs.composition.library import NoFiles
from prodigy_action.inputs.documents.document import read_tree
from prodigy_action.inputs.documents.located import SourceMap, plain_value
from prodigy_action.inputs.documents.source_text import decode_source
from prodigy_action.inputs.normalize.context import NormalizationContext
from prodigy_action.inputs.normalize.steps import steps
from prodigy_action.inputs.normalize.workflow import canonical_workflow

if TYPE_CHECKING:
    from prodigy_action.environment import ShellParser
    from prodigy_action.inputs.composition.library import WorkflowFiles
    from prodigy_action.model.workflow import Workflow
    from prodigy_action.pure.shell.syntax.tree import ParsedShells


_ATTEMPTS = 4
"""How often refused parts are removed before the rest is left unchecked."""


@dataclass(frozen=True, slots=True)
class LoadedWorkflow:
    """A workflow and the places of its parts; `sha256` is the digest of its file or files, in hexadecimal."""

    workflow: Workflow
    warnings: tuple[Diagnostic, ...]
    positions: SourceMap
    sha256: str
    parsed: ParsedShells


def load_workflow(
    content: bytes,
    source: str,
    shell: ShellParser,
    files: WorkflowFiles | None = None,
    given: Mapping[str, str] | None = None,
) -> LoadedWorkflow:
    """Read a workflow file; `source` is the name that diagnostics give it. Its shell texts are parsed by `shell`, the
    files that it names are read from `files`; `given` are the values of parameters, which names of files may have.

    Raises `InvalidInput` with all problems and warnings of the files, by position.
    """
    text = decode_source(content, source)
    composed = compose(content, text, read_tree(text), files or NoFiles(), given)
    reading = NormalizationContext(composed.source, steps, warnings=list(composed.warnings))
    positions = SourceMap(composed.source, composed.root)
    plain = plain_value(canonical_workflow(composed.root, reading), positions)
    workflow = _validated(plain, reading, positions)
    parsed: ParsedShells = {}
    if workflow is not None:
        parsed = shell.parse_now(texts_to_parse(workflow))
        checks = check_expressions(workflow, positions, parsed)
        reading.problems += [*checks.problems, *check_names(workflow, positions)]
        reading.problems += check_defaults(workflow, positions)
        reading.problems += check_special_names(workflow, positions)
        reading.problems += check_isolation(workflow, positions)
        reading.warnings += find_writes(workflow, positions, parsed)
        reading.warnings += find_lost_changes(workflow, positions)
        reading.warnings += [*checks.warnings, *missing_outputs(workflow, positions)]
        reading.warnings += [*find_undefined_names(workflow, positions), *find_idle_fields(workflow, positions)]
        reading.warnings += find_undefined_in_environment(workflow, positions)
    reading.warnings += find_foreign_placeholders(composed.root, composed.source)
    if reading.problems or workflow is None:
        raise InvalidInput(in_order([*reading.problems, *_not_repeated(reading)], first=source))
    warnings = tuple(in_order(reading.warnings, first=source))
    return LoadedWorkflow(workflow, warnings, positions, composed.sha256, parsed)


def _not_repeated(reading: NormalizationContext) -> list[Diagnostic]:
    """The warnings without those about unknown keys that an error is about already."""
    wrong = {(each.source, each.position) for each in reading.problems}
    return [
        each for each in reading.warnings if each.code != "unknown-key" or (each.source, each.position) not in wrong
    ]


def _validated(plain: object, reading: NormalizationContext, positions: SourceMap) -> Workflow | None:
    """The model of a document; when parts are refused, they are reported, and the model is made without them."""
    from pydantic import ValidationError

    from prodigy_action.model.workflow import Workflow

    if not isinstance(plain, dict):
        return None
    for attempt in range(_ATTEMPTS):
        try:
            return Workflow.model_validate(plain)
        except ValidationError as error:
            if attempt == 0:
                reading.problems.extend(model_problems(error, positions))
            without_refused(plain, error)
    return None


def in_order(diagnostics: list[Diagnostic], *, first: str = "") -> list[Diagnostic]:
    """By file, the one named `first` before the others, then by line and column; those without a place first."""
    return sorted(
        diagnostics,
        key=lambda d: (
            (d.source != first, d.source, d.position.line, d.position.column) if d.position else (False, "", 0, 0)
        ),
    )
