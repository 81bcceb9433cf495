"""`${name.field}` with an unknown name: it would reach the shell, which cannot read it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from prodigy_action.errors import ExpressionError
from prodigy_action.inputs.documents.diagnostics import suggest

_VALIDATION = re.compile(r"\$\{validation\.([A-Za-z_][A-Za-z0-9_]*)\}")
_RESULT: Final = (
    "attempt_number",
    "completion",
    "completion_percentage",
    "gaps",
    "implemented",
    "missing",
    "missing_count",
    "status",
)
_DOTTED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\.[\w.\[\]-]*(?::-[^{}]*)?\}")
_HOMES: Final[Mapping[str, str]] = {
    "item": "the map and `foreach`",
    "agent": "the map",
    "worker": "the map",
    "map": "reduce and merge",
    "merge": "the merge steps",
    "error": "the handlers of a failure",
}


def find_unknown_roots(text: str, known: Collection[str]) -> Iterator[ExpressionError]:
    """Every such placeholder that was probably meant as a known name: one known elsewhere, or one that differs in a few
    letters.
    """
    for match in _DOTTED.finditer(text):
        name = match[1]
        if name in known:
            continue
        guess = suggest(name, known)
        if name in _HOMES:
            message, hint = f"`{name}` is not known here", f"`{name}` is known in {_HOMES[name]}"
        elif guess is not None:
            message, hint = f"{match[0]!r} is left as it is: there is no `{name}`", f"did you mean `{guess}`?"
        else:
            continue
        yield ExpressionError(message, start=match.start(), end=match.end(), hint=hint)


def find_misspelt_results(text: str) -> Iterator[ExpressionError]:
    """Every `${validation.NAME}` that resembles a field that each validation has; a check may report other fields."""
    for match in _VALIDATION.finditer(text):
        guess = suggest(match[1], _RESULT) if match[1] not in _RESULT else None
        if guess is not None:
            message = f"{match[0]!r} has a value only when the check reports `{match[1]}`"
            yield ExpressionError(message, start=match.start(), end=match.end(), hint=f"did you mean `{guess}`?")
