"""`map.json_path`: JSONPath by RFC 9535, with errors that point into the expression."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.text.suggestions import did_you_mean

if TYPE_CHECKING:
    from prodigy_action.pure.json_values.rfc9535 import StrictEnvironment


_EQUALITY = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[=!<>]=+|=""")
"""Quoted texts, comparisons of two characters, and `=` alone."""
_STEPS = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\.\*|\[\*\])*")
"""A query of names and `*` alone. Most queries are, and need no library, whose import costs more than the query."""
_STEP = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\*")


@cache
def _environment() -> StrictEnvironment:
    from prodigy_action.pure.json_values.rfc9535 import StrictEnvironment

    return StrictEnvironment()


@dataclass(frozen=True)
class JsonPath:
    """A JSONPath query, compiled once."""

    text: str
    _steps: tuple[str, ...] | None = field(init=False, compare=False, repr=False)
    _query: Any = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        written = self.text.strip()
        steps = tuple(_STEP.findall(written)) if _STEPS.fullmatch(written) else None
        object.__setattr__(self, "_steps", steps)
        object.__setattr__(self, "_query", _compile(self.text) if steps is None else None)

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """Read a query; white space around it is ignored.

        Raises `ExpressionError` with offsets into `text` and, for common mistakes, a hint.
        """
        return cls(text)

    @classmethod
    def of_workflow(cls, text: str) -> JsonPath:
        """As `parse`, for a query in a workflow: `$.` may be missing at its start, and `=` alone is `==`."""
        written, added = _in_full(text)
        try:
            return cls(written)
        except ExpressionError as error:
            start, end = (at - sum(1 for each in added if each < at) for at in (error.start, error.end))
            raise ExpressionError(error.message, start=start, end=max(start + 1, end), hint=error.hint) from error

    def select(self, document: JsonValue) -> list[JsonValue]:
        """The selected values in the RFC's order; they are the same objects as in `document`.

        Raises `ExpressionError` when a regular expression takes too long or `document` is nested too deeply for `..`.
        """
        if self._steps is not None:
            return _walked(document, self._steps)
        from jsonpath.exceptions import JSONPathRecursionError

        from prodigy_action.pure.json_values.rfc9535 import nodes

        try:
            return [cast("JsonValue", node.obj) for node in nodes(self._query, document, document)]
        except (JSONPathRecursionError, RecursionError) as error:
            raise ExpressionError(
                f"the document is nested too deeply for the JSONPath {self.text!r}", end=len(self.text)
            ) from error

    def __str__(self) -> str:
        return self.text


def _walked(document: JsonValue, steps: tuple[str, ...]) -> list[JsonValue]:
    found = [document]
    for step in steps:
        if step == "*":
            inner = (
                each.values() if isinstance(each, dict) else each for each in found if isinstance(each, dict | list)
            )
            found = [value for values in inner for value in values]
        else:
            found = [each[step] for each in found if isinstance(each, dict) and step in each]
    return found


def _in_full(text: str) -> tuple[str, list[int]]:
    """The query as the RFC writes it, and the positions of the characters that are added to `text`."""
    begin = len(text) - len(text.lstrip())
    first = text[begin : begin + 1]
    root = "" if first in ("", "$") else "$" if first in ".[" else "$."
    written, added, end = text[:begin] + root, list(range(begin, begin + len(root))), begin
    for match in _EQUALITY.finditer(text, begin):
        if match[0] == "=":
            written += text[end : match.end()]
            added.append(len(written))
            written, end = f"{written}=", match.end()
    return written + text[end:], added


def _compile(text: str) -> object:
    from jsonpath.exceptions import JSONPathError

    stripped = text.strip()
    offset = text.find(stripped)
    if not stripped.startswith("$"):
        name = stripped.lstrip(".")
        raise ExpressionError(
            "a JSONPath starts with $",
            start=offset,
            end=offset + max(1, len(stripped)),
            hint=f"write {'$' if name.startswith('[') else '$.'}{name or 'items[*]'}",
        )
    try:
        return _environment().compile(stripped)
    except RecursionError as error:
        raise ExpressionError("the JSONPath nests too deeply", start=offset, end=offset + len(stripped)) from error
    except JSONPathError as error:
        raise _located(error, stripped, offset) from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        # For some mistakes, such as an index of 1e9, the library raises errors that are not its own syntax errors.
        raise ExpressionError("unreadable JSONPath", start=offset, end=offset + len(stripped)) from error


def _located(error: Any, text: str, offset: int) -> ExpressionError:
    token = error.token
    position = len(text) if token is None or token.index < 0 else token.index
    found = "" if position >= len(text) else token.value or text[position]
    message, hint = str(error.message), None
    if position >= len(text):
        message = "the JSONPath ends too early"
    elif "TOKEN_" in message or message.startswith("unexpected") or "shorthand" in message:
        message = f"unexpected {found!r}"
        hint = {"and": "and is written &&", "or": "or is written ||", "=": "equality is written =="}.get(found)
        if found in ("'", '"'):
            message, hint = "quoted text without a closing quote", f"close it with {found}"
    elif "is not defined" in message:
        message = f"unknown function {found!r}"
        hint = did_you_mean(found, _environment().function_extensions)
    start = offset + position
    return ExpressionError(message, start=start, end=start + max(1, len(found)), hint=hint)
