"""Regular expressions with a time limit for each match."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.text.cutting import cut

if TYPE_CHECKING:
    import regex

MATCH_SECONDS: Final = 1.0
"""The time limit of one search; a search that takes longer is an error that names the pattern and the text."""


def compile_regex(pattern: str, *, start: int = 0, end: int | None = None) -> regex.Pattern[str]:
    """Compile `pattern`; `start` and `end` are its place in the whole expression.

    Raises `ExpressionError` when it is not a regular expression.
    """
    import regex  # only a workflow with a pattern of its own needs it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        reason = getattr(error, "msg", None) or str(error)
        position = getattr(error, "pos", None)
        where = "" if position is None else f" at character {position + 1}"
        raise ExpressionError(
            f"the regular expression {pattern!r} is wrong: {reason}{where}", start=start, end=end
        ) from error


def searcher(pattern: str, *, start: int = 0, end: int | None = None) -> Callable[[str], bool]:
    """A function that says whether `pattern` matches anywhere in a text.

    Raises `ExpressionError` now for a wrong pattern, and on use for a search that takes longer than `MATCH_SECONDS`.
    """
    search = compile_regex(pattern, start=start, end=end).search

    def matches(text: str) -> bool:
        try:
            return search(text, timeout=MATCH_SECONDS) is not None
        except TimeoutError as error:
            raise too_slow(pattern, text, start=start, end=end) from error

    return matches


def too_slow(pattern: str, text: str, *, start: int = 0, end: int | None = None) -> ExpressionError:
    """The error for a match that exceeded the time limit."""
    shown = f"{cut(text, 40)!r} ({len(text)} characters)"
    return ExpressionError(
        f"the regular expression {pattern!r} takes longer than {MATCH_SECONDS:g} s on {shown}",
        start=start,
        end=end,
        hint="repetitions inside repetitions, such as (a+)+, make matching slow: write them without nesting",
    )
