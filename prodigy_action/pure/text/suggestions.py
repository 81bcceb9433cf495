"""The message for a syntax error in an expression: what is wrong there, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from prodigy_action.errors import ExpressionError

_WORD = re.compile(r"[^\s()\[\]{}'\"=<>!&|,]+")
_DEFAULT_HINT: Final = "quote text that has spaces, and join conditions with && or ||"
_WORD_HINTS: Final = {
    "is": "write is_null(field) or is_not_null(field)",
    "like": "write matches(field, 'regular expression') or contains(field, 'text')",
    "between": "write field >= low && field <= high",
    "not": "negate the whole test, as in not (name contains 'x'), or write not in [..]",
    "then": "an expression is one condition",
    "if": "an expression is one condition",
}
_SIGN_HINTS: Final = {
    "&": "and is written &&",
    "|": "or is written ||",
    "[": "an index is [0], a key ['name']; a list follows `in`",
    "~": "a regular expression is matched with ~= or matches(field, '…')",
    "=": "equality is written ==",
    ">": "inequality is written !=",
    "$": "write the field's path, as in user.name",
    "{": "write the field's path, as in user.name",
    "*": "there is no wildcard: contains(field, value) looks into an array",
    ")": "there is no ( for it, or a value is missing before it",
    ",": "a comma separates arguments of a function and values of a list",
}


def syntax_error(text: str, position: int | None) -> ExpressionError:
    """The error for an expression that is wrong at `position`; None, or its length, is the end of the text."""
    if position is None or position < 0 or position >= len(text):
        end = len(text.rstrip())
        hint = "a ( is not closed" if text.count("(") > text.count(")") else "a value or a condition is missing"
        return ExpressionError("the expression ends too early", start=end, end=end + 1, hint=hint)
    sign = text[position]
    if sign in "'\"":
        return _quote_error(text, position, sign)
    word = _WORD.match(text, position)
    if word and sign not in _SIGN_HINTS:
        found = word.group()
        return ExpressionError(
            f"unexpected {found!r}",
            start=position,
            end=word.end(),
            hint=_WORD_HINTS.get(found.lower(), _DEFAULT_HINT),
        )
    return ExpressionError(f"unexpected {sign!r}", start=position, hint=_SIGN_HINTS.get(sign, _DEFAULT_HINT))


def _quote_error(text: str, position: int, sign: str) -> ExpressionError:
    if re.compile(rf"{sign}(?:[^{sign}\\]|\\.)*{sign}", re.DOTALL).match(text, position):
        return ExpressionError("unexpected quoted text", start=position, hint="an operator is missing before it")
    return ExpressionError(
        "quoted text without a closing quote", start=position, end=len(text), hint=f"close it with {sign}"
    )


def nearest(word: str, known: Collection[str], *, most: int = 1) -> list[str]:
    """The known words that differ from `word` in a few letters, whatever their case; the nearest first."""
    as_written = {name.lower(): name for name in known}
    return [as_written[found] for found in get_close_matches(word.lower(), sorted(as_written), n=most)]


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint for an unknown word: the nearest known one, or all of them."""
    close = nearest(word, known)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(sorted(known))}"
