"""The model's refusals in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.placed import Path, SourceMap

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def model_problems(error: ValidationError, positions: SourceMap) -> list[Diagnostic]:
    """One diagnostic per refusal, but none for what has been told already."""
    found: list[Diagnostic] = []
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if not _told(path, positions.broken):
            diagnostic = positions.diagnostic(path, _message(detail), code="out-of-range")
            if diagnostic not in found:
                found.append(diagnostic)
    return found


def _told(path: Path, broken: set[Path]) -> bool:
    return any(path[: len(known)] == known or known[: len(path)] == path for known in broken)


def _message(detail: ErrorDetails) -> str:
    names = [part for part in detail["loc"] if isinstance(part, str)]
    name = f"`{names[-1]}`" if names else "the workflow"
    context: dict[str, Any] = detail.get("ctx", {})
    kind = detail["type"]
    if kind == "missing":
        return f"{name} is missing"
    if kind == "greater_than_equal":
        return f"{name} must be at least {context['ge']:g}, found {detail['input']}"
    if kind == "less_than_equal":
        return f"{name} must be at most {context['le']:g}, found {detail['input']}"
    if kind == "too_short":
        return f"{name} is empty"
    text = detail["msg"]
    return f"{name}: {text[:1].lower()}{text[1:]}"
