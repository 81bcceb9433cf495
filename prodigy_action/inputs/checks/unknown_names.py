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
_QUOTED_DOCUMENT = re.compile(r"<<-?[ \t]*(?:\\|['\"])(\w+)[^\n]*\n(?!(?s:.*)^[ \t]*\1[ \t]*$)", re.MULTILINE)
"""The start of a here-document that the shell does not expand, and that has not ended."""
_QUOTING = re.compile(r"\\.|'[^']*'?|\"(?:[^\"\\]|\\.)*\"?", re.DOTALL)
_HOMES: Final[Mapping[str, str]] = {
    "item": "the map and `foreach`",
    "agent": "the map",
    "worker": "the map",
    "map": "reduce and merge",
    "merge": "the merge steps",
    "error": "the handlers of a failure",
}


def find_unknown_roots(text: str, known: Collection[str], *, shell: bool = False) -> Iterator[ExpressionError]:
    """Every such placeholder, with where its name is known, or with the known name that it resembles.

    In a `shell` text, one in single quotes or in a quoted here-document may be meant for another program; it is
    reported only when it resembles a known name.
    """
    for match in _DOTTED.finditer(text):
        name = match[1]
        if name in known:
            continue
        guess = suggest(name, known)
        if name in _HOMES:
            message, hint = f"`{name}` is not known here", f"`{name}` is known in {_HOMES[name]}"
        elif guess is None and shell and _is_literal(text, match.start()):
            continue
        else:
            message = f"{match[0]!r} is left as it is: there is no `{name}`"
            hint = f"did you mean `{guess}`?" if guess is not None else "set it with `capture` or under `parameters`"
        yield ExpressionError(message, start=match.start(), end=match.end(), hint=hint)


def _is_literal(text: str, position: int) -> bool:
    """Whether a shell expands nothing at this place."""
    before = text[:position]
    if _QUOTED_DOCUMENT.search(before):
        return True
    last = [quoted[0] for quoted in _QUOTING.finditer(before) if quoted.end() == position][-1:]
    return any(each[0] == "'" and (len(each) == 1 or each[-1] != "'") for each in last)


def find_misspelt_results(text: str) -> Iterator[ExpressionError]:
    """Every `${validation.NAME}` that resembles a field that each validation has; a check may report other fields."""
    for match in _VALIDATION.finditer(text):
        guess = suggest(match[1], _RESULT) if match[1] not in _RESULT else None
        if guess is not None:
            message = f"{match[0]!r} has a value only when the check reports `{match[1]}`"
            yield ExpressionError(message, start=match.start(), end=match.end(), hint=f"did you mean `{guess}`?")
