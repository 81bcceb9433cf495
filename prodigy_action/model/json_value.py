"""JSON values as items hold them: numbers keep their source text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"


class NumberText(float):
    """A non-integer JSON number that remembers its source text (`1.0`, `1e3`, `0.10`)."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> NumberText:
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __reduce__(self) -> tuple[type[NumberText], tuple[str]]:
        return (NumberText, (self.text,))


class UntypedText(str):
    """A text of a source without types: a field of CSV, a line. One that reads as a number or boolean is compared as
    one with numbers and booleans.
    """

    __slots__ = ()

    @property
    def number(self) -> int | NumberText | None:
        """The number that JSON would read, blanks around it left out; None for other texts."""
        found = _NUMBER.fullmatch(self)
        if found is None:
            return None
        return NumberText(found[1]) if found[2] or found[3] else int(found[1])

    @property
    def boolean(self) -> bool | None:
        """True for `true`, false for `false`, whatever their case; None for other texts."""
        return {"true": True, "false": False}.get(self.strip().lower())


_WHITE_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\s*(-?(?:0|[1-9][0-9]{0,4000})(\.[0-9]+)?([eE][+-]?[0-9]+)?)\s*")


def parse_json(text: str) -> JsonValue:
    """Read one JSON document; non-integer numbers become `NumberText`.

    Raises `ValueError` (a `json.JSONDecodeError` for a syntax error) when the text is no JSON, holds `NaN` or
    `Infinity`, or an integer of more than 4,300 digits.
    """
    value: JsonValue = _DECODER.decode(text)
    return value


def parse_json_sequence(text: str) -> list[JsonValue] | None:
    """The JSON objects and arrays of a text in which each begins a line; None for any other text."""
    values: list[JsonValue] = []
    position = _first_on_line(text, 0)
    while position is not None and position < len(text):
        if text[position] not in "{[":
            return None
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return None
        values.append(value)
        position = _first_on_line(text, end)
    return values if position is not None and values else None


def _first_on_line(text: str, start: int) -> int | None:
    """Where the text after white space begins; None when it does not begin a line."""
    white = _WHITE_SPACE.match(text, start)
    end = start if white is None else white.end()
    return end if start == 0 or end == len(text) or text.find("\n", start, end) >= 0 else None


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


_DECODER = json.JSONDecoder(parse_float=NumberText, parse_constant=_refuse_constant)


def number_text(value: float) -> str:
    """The source text of a number, or Python's shortest text for a computed one."""
    if isinstance(value, NumberText):
        return value.text
    return json.dumps(value)


def compact_json(value: JsonValue, *, sort_keys: bool = False) -> str:
    """One line of JSON without white space, numbers as they were written, ASCII escapes for invalid text."""
    if _prints_as_written(value):
        text = (_ENCODE_SORTED if sort_keys else _ENCODE)(value)
        if _is_valid_text(text):
            return text
    pieces: list[str] = []
    _render(value, pieces, sort_keys)
    return "".join(pieces)


def canonical_json(value: JsonValue) -> str:
    """The text whose digest identifies an item: compact, keys in code point order."""
    return compact_json(value, sort_keys=True)


def ascii_json(value: JsonValue) -> str:
    """The same as `compact_json`, with an escape for every character that is not ASCII."""
    if _prints_as_written(value):
        return _ENCODE_ASCII(value)
    return _NOT_ASCII.sub(_escape, compact_json(value))


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ENCODE_ASCII = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_ENCODE_SORTED = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True
).encode


def _prints_as_written(value: JsonValue) -> bool:
    """Whether the library's encoder, ten times as fast as `_render`, produces the same text as `_render`."""
    if isinstance(value, dict):
        values: Iterable[JsonValue] = value.values()
    elif isinstance(value, list):
        values = value
    elif isinstance(value, NumberText):
        return value.text == float.__repr__(value)
    else:
        return type(value) in _PLAIN_KINDS
    for element in values:  # noqa: SIM110  # half the time of all() over a generator
        if type(element) not in _PLAIN_KINDS and not _prints_as_written(element):
            return False
    return True


_PLAIN_KINDS = frozenset({str, UntypedText, int, bool, float, type(None)})


def _is_valid_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: str) -> str:
    quoted = encode_basestring(value)
    return quoted if _is_valid_text(quoted) else json.dumps(value)


def _escape(match: re.Match[str]) -> str:
    return "".join(f"\\u{unit:04x}" for unit in _utf16_units(ord(match[0])))


def _utf16_units(code_point: int) -> tuple[int, ...]:
    if code_point < 0x10000:
        return (code_point,)
    return (0xD800 + ((code_point - 0x10000) >> 10), 0xDC00 + (code_point & 0x3FF))


def _render(value: JsonValue, pieces: list[str], sort_keys: bool) -> None:
    if isinstance(value, str):
        pieces.append(_text(value))
    elif isinstance(value, Mapping):
        keys = sorted(value) if sort_keys else value
        opening = "{"
        for key in keys:
            pieces.append(f"{opening}{_text(key)}:")
            _render(value[key], pieces, sort_keys)
            opening = ","
        pieces.append("}" if opening == "," else "{}")
    elif isinstance(value, Sequence):
        opening = "["
        for element in value:
            pieces.append(opening)
            _render(element, pieces, sort_keys)
            opening = ","
        pieces.append("]" if opening == "," else "[]")
    elif isinstance(value, float):
        pieces.append(number_text(value))
    else:
        pieces.append(json.dumps(value))
