"""Names that nothing defines: `${…}` that would stay in a prompt or a file, and conditions that cannot hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from prodigy_action.errors import Diagnostic, ExpressionError
from prodigy_action.inputs.checks.located_steps import LocatedStep, named_values, workflow_steps
from prodigy_action.inputs.checks.name_places import may_be_of_process, span_of_name
from prodigy_action.inputs.checks.step_texts import unread_texts
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT
from prodigy_action.pure.steps.argument_names import OWN_NAMES

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow

_SIMPLE = re.compile(r"(?<![\\$])\$\{([A-Za-z_][\w-]*)([^{}\n]*)\}")
_WITH_DEFAULT = re.compile(r":-|\|default:")
_ALWAYS: Final = frozenset({"CAPTURED_OUTPUT", *OWN_NAMES, *(f"ARG_{number}" for number in range(1, 10))})
_CHECKED_LENGTH = 20_000
_SHOWN = 5
"""The most names of one text that are reported."""


def find_undefined_names(
    workflow: Workflow, positions: SourceMap, further: Collection[str] | None = None
) -> list[Diagnostic]:
    """A warning for each such name. `further` are the variables of the workflow's `env_files`; None while they are not
    read: then only names that resemble a known one are reported.
    """
    given = frozenset(further or ()) | _ALWAYS | _defined(workflow)
    certain = further is not None or not workflow.env_files
    found: list[Diagnostic] = []
    for placed in workflow_steps(workflow):
        known = given | placed.shapes.keys()
        for path, error in (*_in_texts(placed, known, certain), *_in_condition(placed, known, certain)):
            diagnostic = positions.diagnostic(
                (*placed.path, *path),
                error.message,
                hint=error.hint,
                code="unknown-name",
                span=(error.start, error.end),
            )
            found.append(replace(diagnostic, severity="warning"))
            if len(found) >= PROBLEM_LIMIT:
                return found
    return found


def _defined(workflow: Workflow) -> frozenset[str]:
    """Every name that the workflow gives a value, wherever it does."""
    steps = (name for placed in workflow_steps(workflow) for name in (*placed.step.env, placed.step.id or ""))
    return frozenset({*named_values(workflow), *workflow.variables, *steps})


def _in_texts(placed: LocatedStep, known: Collection[str], certain: bool) -> Iterator[tuple[Path, ExpressionError]]:
    for path, text in unread_texts(placed.step):
        reported: set[str] = set()
        for match in _SIMPLE.finditer(text, 0, _CHECKED_LENGTH):
            name, rest = match[1], match[2]
            if name in known or name in reported or rest.startswith(".") or _WITH_DEFAULT.search(rest):
                continue  # a dotted name is reported with those of shell commands
            guess = suggest(name, known)
            of_process = path[0] == "env" and may_be_of_process(name)
            if guess is None and (of_process or not certain):
                continue
            reported.add(name)
            hint = f"did you mean `{guess}`?" if guess else "set it under `env`, `parameters` or with `capture`"
            if guess is None and may_be_of_process(name):
                hint = f"for a variable of the process environment write `${{env.{name}}}`"
            message = f"{match[0]!r} is left as it is: nothing defines `{name}`"
            yield path, ExpressionError(message, start=match.start(), end=match.end(), hint=hint)
            if len(reported) >= _SHOWN:
                break


def _in_condition(placed: LocatedStep, known: Collection[str], certain: bool) -> Iterator[tuple[Path, ExpressionError]]:
    text = placed.step.when
    if text is None or len(text) > _CHECKED_LENGTH:
        return
    from prodigy_action.pure.expressions.names import condition_paths

    for name in dict.fromkeys(str(path.segments[0]) for path in condition_paths(text)):
        if name in known:
            continue
        guess = suggest(name, known)
        if guess is None and (may_be_of_process(name) or not certain):
            continue
        start, end = span_of_name(name, text)
        hint = f"did you mean `{guess}`?" if guess else "set it under `env`, `parameters` or with `capture`"
        yield ("when",), ExpressionError(f"nothing defines `{name}`: it is null", start=start, end=end, hint=hint)
