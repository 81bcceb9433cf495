"""Diagnostics for items that cannot be read: where in the file, and what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from prodigy_action.errors import Diagnostic, InvalidInput, Position
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.text.cutting import cut_around

MAX_SOURCE_LINE: Final = 400
"""A longer line is not shown: a document on one line would fill the screen."""

_NO_JSON = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity|-?[0-9]{4301,})', re.DOTALL)


def invalid(diagnostic: Diagnostic) -> InvalidInput:
    """The exception for one problem."""
    return InvalidInput([diagnostic])


def json_error(error: ValueError | RecursionError, text: str, source: str, *, first_line: int = 1) -> Diagnostic:
    """The problem of a text that is not valid JSON; its first line is line `first_line` of the file."""
    if isinstance(error, json.JSONDecodeError):
        if not text.strip():
            return Diagnostic("the file is empty", source=source, hint="write [] for no items")
        message = f"no valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        return _at(message, text, error.pos, source, first_line, _hint(text, error.pos))
    for match in _NO_JSON.finditer(text):
        if word := match[1]:
            shown = word if len(word) < 20 else f"a number of {len(word)} digits"
            return _at(f"{shown} is no JSON number", text, match.start(), source, first_line, "quote it as text")
    if isinstance(error, RecursionError):
        return Diagnostic("the JSON is nested too deeply", source=source)
    return Diagnostic(f"no valid JSON: {error}", source=source)


def line_problem(message: str, text: str, source: str, line: int, *, hint: str | None = None) -> Diagnostic:
    """The problem of one whole line."""
    lines = text.split("\n", line)
    shown = lines[line - 1].removesuffix("\r") if len(lines) >= line else ""
    position = Position(line, 1, len(shown) + 1 if shown else None)
    return Diagnostic(message, source, position, _shown(shown), hint=hint)


def refuse_nul(document: JsonValue, source: str) -> None:
    """Raise `InvalidInput` with item and path when a text or key of `document` holds a NUL character.

    Arguments of commands and file names cannot hold this character.
    """
    elements = document if isinstance(document, list) else [document]
    for index, element in enumerate(elements):
        if (path := _path_of_nul(element)) is not None:
            where = f"item {index} has a NUL character at {str(path)!r}"
            hint = (
                "separate items by line ends, or end each with NUL"
                if path.segments == ("item",)
                else "no command can be given one"
            )
            raise InvalidInput([Diagnostic(where, source=source, code="nul-in-item", hint=hint)])


def _path_of_nul(item: JsonValue) -> FieldPath | None:
    pending: list[tuple[JsonValue, tuple[str | int, ...]]] = [(item, ())]
    while pending:
        value, path = pending.pop()
        if isinstance(value, str):
            if "\0" in value:
                return FieldPath(path)
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                if "\0" in name:
                    return FieldPath((*path, name.replace("\0", "\ufffd")))
                pending.append((inner, (*path, name)))
        elif isinstance(value, Sequence):
            pending.extend((inner, (*path, index)) for index, inner in enumerate(value))
    return None


def _at(message: str, text: str, offset: int, source: str, first_line: int, hint: str | None) -> Diagnostic:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : len(text) if end < 0 else end].removesuffix("\r")
    number = first_line + text.count("\n", 0, offset)
    if len(line) > MAX_SOURCE_LINE:
        message += f", near {cut_around(text, offset, 20)!r}"
    return Diagnostic(message, source, Position(number, offset - start + 1), _shown(line), hint=hint)


def _shown(line: str) -> str | None:
    return line if len(line) <= MAX_SOURCE_LINE else None


def _hint(text: str, offset: int) -> str | None:
    sign = text[offset : offset + 1]
    before = text[:offset].rstrip()[-1:] if offset < 100_000 else text[offset - 100 : offset].rstrip()[-1:]
    if before == "," and sign in ("]", "}"):
        return "remove the comma before it"
    if sign == "'":
        return 'quote text with "'
    if sign in ("#", "/"):
        return "JSON has no comments"
    if sign == "{" and before == "}":
        return "for one object on each line, name the file .jsonl"
    return None
