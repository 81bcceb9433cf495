"""Field paths, `a.b[0]['c.d']`: how filter, sort, distinct, key and `when` name a value inside an item."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, TypeVar

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.text.quoting import QUOTED_PATTERN, quote, unquote

Default = TypeVar("Default")


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""The result of a lookup without a value: no such key, an index out of range, a field of a scalar."""

NAME_PATTERN = r"""[^\s.\[\](){}'",=<>!&|~+*%^?;\\`]+"""
BRACKET_PATTERN = rf"\[\s*(?:-?[0-9]+|{QUOTED_PATTERN})\s*\]"
PATH_PATTERN = rf"(?:{NAME_PATTERN}|{BRACKET_PATTERN})(?:\.{NAME_PATTERN}|{BRACKET_PATTERN})*"

_NAME = re.compile(NAME_PATTERN)
_BRACKET = re.compile(BRACKET_PATTERN, re.DOTALL)
_PREFIX = re.compile(r"(?:item|\$)(?=[.\[])|\$$")
_PLAIN = re.compile(r"[^\W\d][\w-]*")
_RESERVED = frozenset({"item", "true", "false", "null", "not"})


@dataclass(frozen=True, slots=True)
class FieldPath:
    """Steps from an item to a value inside it: a text is an object's key, an integer an array's index.

    A key of digits also indexes an array (`tags.0`), a negative index counts from the end. For an item that is not an
    object, the path `item` is the item itself, so that plain values can be filtered and sorted: `item > 5`.
    """

    segments: tuple[str | int, ...]

    @classmethod
    def parse(cls, text: str, *, prefixed: bool = True) -> FieldPath:
        """Read a path; a leading `item.` or `$.` stands for the item itself, `$` alone is the whole item.

        With `prefixed` false these are ordinary names (of variables).

        Raises `ExpressionError` with the offset of the first character that does not belong.
        """
        stripped = text.strip()
        offset = text.find(stripped)
        if not stripped:
            raise ExpressionError(
                "a field path is empty", end=len(text), hint="write for example `type` or `user.name`"
            )
        prefix = _PREFIX.match(stripped) if prefixed else None
        position = prefix.end() if prefix else 0
        segments: list[str | int] = []
        while position < len(stripped):
            segment, position = _segment(stripped, position, offset, first=position == 0)
            segments.append(segment)
        return cls(tuple(segments))

    def __str__(self) -> str:
        first = self.segments[0] if self.segments else None
        bare = isinstance(first, str) and _PLAIN.fullmatch(first) is not None
        if bare and (first not in _RESERVED or self.segments == ("item",)):
            return self.unprefixed()
        return self.rooted()

    def unprefixed(self) -> str:
        """The path without any prefix, as it is written in `${…}`."""
        return "".join(map(_rendered, self.segments)).removeprefix(".")

    def rooted(self) -> str:
        """The path with its `$`, as it is written where a bare word would be text."""
        return "$" + "".join(map(_rendered, self.segments))

    def getter(self, default: Default) -> Callable[[JsonValue], JsonValue | Default]:
        """A function from an item to the value at this path, or `default` where there is none."""
        segments = self.segments
        if segments == ("item",):
            return lambda item: item.get("item", default) if isinstance(item, Mapping) else item
        if len(segments) == 1 and isinstance(segments[0], str):
            return _one_key(segments[0], default)

        def walk(item: JsonValue) -> JsonValue | Default:
            value = item
            for segment in segments:
                found = value.get(segment, MISSING) if type(value) is dict else child(value, segment)
                if found is MISSING:
                    return default
                value = found
            return value

        return walk

    def lookup(self, item: JsonValue) -> JsonValue | Missing:
        """The value at this path in `item`, or `MISSING`."""
        return self.getter(MISSING)(item)


def child(value: JsonValue, segment: str | int) -> JsonValue | Missing:
    """One step down from `value`, or `MISSING`."""
    if isinstance(segment, str):
        if isinstance(value, Mapping):
            return value.get(segment, MISSING)
        if not (segment.isascii() and segment.isdigit() and len(segment) < 19):
            return MISSING
        segment = int(segment)
    if isinstance(value, Sequence) and not isinstance(value, str) and -len(value) <= segment < len(value):
        return value[segment]
    return MISSING


def _one_key(name: str, default: Default) -> Callable[[JsonValue], JsonValue | Default]:
    def get(item: JsonValue) -> JsonValue | Default:
        if type(item) is dict:
            value: JsonValue | Default = item.get(name, default)
            return value
        found = child(item, name)
        return default if found is MISSING else found

    return get


def _segment(text: str, position: int, offset: int, *, first: bool) -> tuple[str | int, int]:
    if text[position] == "[":
        bracket = _BRACKET.match(text, position)
        if bracket is None:
            raise ExpressionError(
                f"unreadable index in the field path {text!r}",
                start=offset + position,
                end=offset + len(text),
                hint="write an index as [0] or a key as ['name']",
            )
        inner = bracket.group()[1:-1].strip()
        return (unquote(inner) if inner[0] in "'\"" else _index(inner, offset + position)), bracket.end()
    start = position
    if not first:
        if text[position] != ".":
            raise _unexpected(text, position, offset)
        start += 1
    name = _NAME.match(text, start)
    if name is None:
        raise _unexpected(text, start, offset)
    return name.group(), name.end()


def _index(digits: str, start: int) -> int:
    if len(digits) > 18:
        raise ExpressionError(f"the index {digits[:18]}… is too large", start=start, end=start + len(digits) + 2)
    return int(digits)


def _unexpected(text: str, position: int, offset: int) -> ExpressionError:
    what = f"unexpected {text[position]!r}" if position < len(text) else "unexpected end"
    return ExpressionError(
        f"{what} in the field path {text!r}",
        start=offset + position,
        hint="write keys with other characters as ['the key']",
    )


def _rendered(segment: str | int) -> str:
    if isinstance(segment, int):
        return f"[{segment}]"
    return f".{segment}" if _PLAIN.fullmatch(segment) else f"[{quote(segment)}]"
