"""Values of `env` and of profiles with names that nothing defines before them, and texts in which none is replaced."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from prodigy_action.errors import Diagnostic, ExpressionError
from prodigy_action.inputs.checks.literal_fields import variables_in
from prodigy_action.inputs.checks.located_steps import workflow_steps
from prodigy_action.inputs.checks.name_places import may_be_of_process, span_of_name
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT
from prodigy_action.pure.steps.order_of_variables import in_order_of_use

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow

_SIMPLE = re.compile(r"(?<![\\$])\$\{([A-Za-z_]\w*)\}")
_LITERAL: Final = "write the text itself"


def find_undefined_in_environment(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    """A warning for each `${name}` that stays in a value of `env`, in a profile, in a name or in a default value, and
    for each name in a condition of `env` that nothing defines.

    Names in capitals may be variables of the process; the variables of `env_files` are not known here.
    """
    found: list[Diagnostic] = []
    for path, error in (*_in_environment(workflow), *_in_profiles(workflow), *_in_literals(workflow)):
        span = (error.start, error.end)
        diagnostic = positions.diagnostic(path, error.message, hint=error.hint, code="unknown-name", span=span)
        found.append(replace(diagnostic, severity="warning"))
    return found[:PROBLEM_LIMIT]


def _in_environment(workflow: Workflow) -> Iterator[tuple[Path, ExpressionError]]:
    known = {*workflow.parameters, *workflow.secrets, "env"}
    unread = bool(workflow.env_files)
    later = in_order_of_use(workflow.env)
    for name in list(later):
        value = workflow.env[name]
        later.remove(name)
        path = ("env", name)
        for field in ("value", "when_true", "when_false"):
            text = getattr(value, field)
            if text is not None:
                for error in _undefined(text, {*known, name}, later, unread):
                    yield (*path, field), error
        for mentioned in _condition_names(value.condition):
            if mentioned in known or _may_be_known(mentioned, later, unread):
                continue
            start, end = span_of_name(mentioned, value.condition or "")
            message = f"nothing defines `{mentioned}`: it is null"
            yield (*path, "condition"), ExpressionError(message, start=start, end=end, hint=_hint(mentioned, known))
        known.add(name)


def _condition_names(text: str | None) -> list[str]:
    if text is None:
        return []
    from prodigy_action.pure.expressions.names import condition_paths

    return [str(path.segments[0]) for path in condition_paths(text)]


def _in_profiles(workflow: Workflow) -> Iterator[tuple[Path, ExpressionError]]:
    known = {*workflow.parameters, *workflow.secrets, *workflow.env, "env"}
    for profile, values in workflow.profiles.items():
        for name, text in values.items():
            for error in _undefined(text, known, (), bool(workflow.env_files)):
                yield ("profiles", profile, name), error


def _in_literals(workflow: Workflow) -> Iterator[tuple[Path, ExpressionError]]:
    texts: list[tuple[Path, str | None]] = [(("name",), workflow.name)]
    texts += [(("parameters", name, "default"), each.default) for name, each in workflow.parameters.items()]
    for placed in workflow_steps(workflow):
        texts += [((*placed.path, "name"), placed.step.name), ((*placed.path, "id"), placed.step.id)]
    for path, text in texts:
        for error in variables_in(text, _LITERAL):
            yield path, error


def _undefined(text: str, known: Collection[str], later: Collection[str], unread: bool) -> Iterator[ExpressionError]:
    for match in _SIMPLE.finditer(text):
        name = match[1]
        if name in known or _may_be_known(name, later, unread):
            continue
        hint = "write one of the two without the other" if name in later else _hint(name, known)
        reason = "needs this value itself" if name in later else "is defined nowhere"
        message = f"{match[0]!r} is left as it is: `{name}` {reason}"
        yield ExpressionError(message, start=match.start(), end=match.end(), hint=hint)


def _may_be_known(name: str, later: Collection[str], unread: bool) -> bool:
    """Whether the process environment or a file of `env_files` may define it."""
    return unread or (may_be_of_process(name) and name not in later)


def _hint(name: str, known: Collection[str]) -> str:
    guess = suggest(name, known)
    return f"did you mean `{guess}`?" if guess else "set it above, or under `parameters`"
