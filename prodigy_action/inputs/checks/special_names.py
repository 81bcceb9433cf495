"""Names of variables that no value may have: those of the shell, of the loader and of programs that run commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import exported_names, named_values, workflow_steps
from prodigy_action.inputs.documents.located import Path, SourceMap

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow

_CODE = "special-variable"


def check_special_names(workflow: Workflow, positions: SourceMap) -> Iterator[Diagnostic]:
    """An error for each capture and parameter that has such a name, and each such variable of a step's `env` that a
    value of an item, a capture or a parameter is put into.
    """
    for path, written in _defined(workflow):
        from prodigy_action.pure.shell.safety.special_names import meaning_of_own

        name = written.partition(".")[0]
        meaning = meaning_of_own(name)
        if meaning is not None:
            hint = "choose another name, such as a word in small letters"
            message = f"a value cannot have the name {name!r}: {meaning}"
            yield positions.diagnostic(path, message, hint=hint, code=_CODE)
    yield from _special_env(workflow, positions)


def _defined(workflow: Workflow) -> Iterator[tuple[Path, str]]:
    for name in workflow.parameters:
        yield ("parameters", name), name
    for phase in ("setup", "reduce", "merge"):
        for name in getattr(workflow, phase).capture_outputs:
            yield (phase, "capture_outputs", name), name
    for placed in workflow_steps(workflow):
        if placed.step.capture is not None:
            yield (*placed.path, "capture"), placed.step.capture
        if isinstance(placed.step.capture_output, str):
            yield (*placed.path, "capture_output"), placed.step.capture_output


def _special_env(workflow: Workflow, positions: SourceMap) -> Iterator[Diagnostic]:
    own = exported = frozenset[str]()
    for placed in workflow_steps(workflow):
        if not any("$" in text for text in placed.step.env.values()):
            continue
        from prodigy_action.pure.shell.safety.process_texts import refused_variable
        from prodigy_action.pure.shell.safety.special_names import meaning_of
        from prodigy_action.pure.templates.origins import foreign_variables

        own, exported = own or named_values(workflow), exported or exported_names(workflow)
        for name in foreign_variables(placed.env, {*placed.shapes, *own, *exported}, exported):
            meaning = meaning_of(name)
            if meaning is not None and name in placed.step.env:
                hint = "set it in the command, from a text of your own; `export` it there if programs need it"
                message = refused_variable(name, meaning)
                yield positions.diagnostic((*placed.path, "env", name), message, hint=hint, code=_CODE)
