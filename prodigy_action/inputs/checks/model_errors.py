"""The errors of the model as diagnostics, and the document without the refused parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def model_problems(error: ValidationError, positions: SourceMap) -> list[Diagnostic]:
    """One diagnostic for each refusal, except for values whose problem was already reported."""
    found: list[Diagnostic] = []
    for detail in error.errors(include_url=False)[:PROBLEM_LIMIT]:
        path = detail["loc"]
        if path not in positions.shortened and not _is_reported(path, positions.broken):
            diagnostic = positions.diagnostic(path, _message(detail), code="out-of-range")
            if diagnostic not in found:
                found.append(diagnostic)
    return found


_STAND_INS: dict[str, object] = {
    "name": "unnamed",
    "input": "unknown",
    "agent_template": [{"shell": "true"}],
    "steps": [{"shell": "true"}],
    "commands": [{"command": "true"}],
    "command": "true",
    "command_index": 0,
    "path": "unknown",
    "content": "",
    "key": "unknown",
    "kind": "fixed",
}


def without_refused(plain: object, error: ValidationError) -> None:
    """Remove what the model refuses from a document, so that its other parts can be checked; required fields get a
    stand-in.
    """
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        place: Any = plain
        *parents, last = detail["loc"] or ("",)
        for part in parents:
            inner = _inner(place, part)
            if not isinstance(inner, dict | list):
                last = part  # the next part names a member of a union
                break
            place = inner
        if isinstance(place, dict):
            place.pop(last, None)
            if last in _STAND_INS:
                place[last] = _STAND_INS[str(last)]
        elif isinstance(place, list) and isinstance(last, int) and last < len(place):
            place[last] = None


def _inner(place: object, part: str | int) -> object:
    if isinstance(place, dict):
        return place.get(part)
    if isinstance(place, list) and isinstance(part, int) and part < len(place):
        return place[part]
    return None


def _is_reported(path: Path, broken: set[Path]) -> bool:
    return any(path[: len(known)] == known or known[: len(path)] == path for known in broken)


def _message(detail: ErrorDetails) -> str:
    names = [part for part in detail["loc"] if isinstance(part, str)]
    name = f"`{names[-1]}`" if names else "the workflow"
    context: dict[str, Any] = detail.get("ctx", {})
    kind = detail["type"]
    if kind == "missing":
        return f"{name} is missing"
    if kind == "greater_than_equal":
        return f"{name} must be at least {context['ge']:g}, found {_shown(detail['input'])}"
    if kind == "less_than_equal":
        return f"{name} must be at most {context['le']:g}, found {_shown(detail['input'])}"
    if kind == "too_short":
        return f"{name} is empty"
    text = detail["msg"]
    return f"{name}: {text[:1].lower()}{text[1:]}"


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
