"""From the text of the map's input to the items."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.json_value import JsonValue, UntypedText, parse_json, parse_json_sequence
from prodigy_action.pure.items.errors import invalid, json_error, line_problem, refuse_nul
from prodigy_action.pure.json_values.json_path import JsonPath

_BLOCK: Final = 1 << 20
_ROWS: Final = 1 << 12
ITEM_FILE_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv")
"""The endings that decide how an item file is read; a file with any other ending is read as plain lines."""
JSON_LINES_SUFFIXES: Final = (".jsonl", ".ndjson")


def looks_like_a_path(text: str) -> bool:
    """Whether an input without a file of that name is meant as a path: it has no white space, and the ending of an item
    file.
    """
    stripped = text.strip()
    return not any(map(str.isspace, stripped)) and stripped.lower().endswith(ITEM_FILE_SUFFIXES)


def parse_items(
    text: str,
    suffix: str,
    *,
    json_path: JsonPath | None = None,
    source: str = "items",
    checkpoint: Callable[[], object] = bool,
) -> list[JsonValue]:
    """The items of a file with this `suffix` (`.json`, `.jsonl`, `.ndjson`, `.csv`; anything else: as a command prints
    them).

    `source` names the file in diagnostics. `checkpoint` is called now and then, unless the text is one JSON document:
    what it raises ends the work. Raises `InvalidInput` when the text is not what the suffix says, or holds
    a NUL character.
    """
    if suffix.lower() in JSON_LINES_SUFFIXES:
        return parse_json_lines(_blocks(text, checkpoint), json_path=json_path, source=source)
    if suffix.lower() not in ITEM_FILE_SUFFIXES:
        plain = text.removeprefix("\ufeff")
        return parse_command_output(plain, json_path=json_path, source=source, checkpoint=checkpoint)
    document = parse_document(text, suffix, source=source, checkpoint=checkpoint)
    if "\0" in text or "\\u0000" in text:
        refuse_nul(document, source)
    return select_items(document, json_path)


def parse_json_lines(
    blocks: Iterable[str], *, json_path: JsonPath | None = None, source: str = "items"
) -> list[JsonValue]:
    """The items of a file of JSON lines, whose text comes in blocks of any size: it is never held as a whole.

    `source` names the file in diagnostics. Raises `InvalidInput`, as `parse_items`.
    """
    items: list[JsonValue] = []
    names: dict[str, str] = {}
    may_hold_nul = False
    for number, line in enumerate(_pieces(_without_mark(blocks), "\n"), start=1):
        if not line or line.isspace():
            continue
        may_hold_nul = may_hold_nul or "\\u0000" in line
        try:
            items.append(_with_shared_names(parse_json(line), names))
        except (ValueError, RecursionError) as error:
            raise invalid(json_error(error, line, source, first_line=number)) from error
    if may_hold_nul:  # a NUL character that is not escaped is no JSON
        refuse_nul(items, source)
    return select_items(items, json_path)


def parse_command_output(
    text: str,
    *,
    json_path: JsonPath | None = None,
    source: str = "output of the input command",
    checkpoint: Callable[[], object] = bool,
) -> list[JsonValue]:
    """The items that a command printed.

    Output that is one JSON object or array is that document; several of them, each on lines of its own, are one item
    each; else each line that is one JSON object is that object, and each other line that is not empty is the item
    `{"item": line}`, whatever the number of lines. Output that ends with a NUL character has records that end with NUL
    instead of lines. `checkpoint` is called now and then. Raises `InvalidInput` for another NUL character.
    """
    values = parse_json_sequence(text)
    if values is None:
        document: JsonValue = [_object_of(line) for line in _lines(text, checkpoint)]
    elif len(values) == 1:
        document = values[0]
    else:
        names: dict[str, str] = {}
        document = [_with_shared_names(value, names) for value in values]
    if "\0" in text or "\\u0000" in text:
        refuse_nul(document, source)
    found = select_items(document, json_path)
    if not found and json_path is not None and isinstance(document, dict):
        return json_path.select([document])  # one line of JSON lines
    return found


def _object_of(line: JsonValue) -> JsonValue:
    """The JSON object that the text of a line is, else the line."""
    text = line["item"] if isinstance(line, dict) else None
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return line
    try:
        return parse_json(text)
    except (ValueError, RecursionError):
        return line


def select_items(document: JsonValue, json_path: JsonPath | None) -> list[JsonValue]:
    """What `json_path` selects in `document`; without one, the elements of an array, or the document as one item."""
    if json_path is not None:
        return json_path.select(document)
    return list(document) if isinstance(document, list) else [document]


def parse_document(
    text: str, suffix: str, *, source: str = "items", checkpoint: Callable[[], object] = bool
) -> JsonValue:
    """The JSON document that a file holds; JSON lines, CSV rows and plain lines are an array."""
    text = text.removeprefix("\ufeff")
    match suffix.lower():
        case ".json":
            try:
                return parse_json(text)
            except (ValueError, RecursionError) as error:
                raise invalid(json_error(error, text, source)) from error
        case ".jsonl" | ".ndjson":
            return parse_json_lines(_blocks(text, checkpoint), source=source)
        case ".csv":
            return _csv_rows(text, source, checkpoint)
        case _:
            return _lines(text, checkpoint)


def _lines(text: str, checkpoint: Callable[[], object]) -> list[JsonValue]:
    if text.endswith("\0"):
        return [{"item": UntypedText(record)} for record in _pieces(_blocks(text, checkpoint), "\0") if record]
    lines = (line.removesuffix("\r") for line in _pieces(_blocks(text, checkpoint), "\n"))
    return [{"item": UntypedText(line)} for line in lines if line.strip()]


def _blocks(text: str, checkpoint: Callable[[], object]) -> Iterator[str]:
    for start in range(0, len(text), _BLOCK):
        checkpoint()
        yield text[start : start + _BLOCK]


def _without_mark(blocks: Iterable[str]) -> Iterator[str]:
    """The blocks without the byte order mark before their text."""
    first = True
    for block in blocks:
        yield block.removeprefix("\ufeff") if first else block
        first = first and not block


def _pieces(blocks: Iterable[str], separator: str) -> Iterator[str]:
    """As `split`, but a list of all pieces is never made: a sparse file may consist of separators alone."""
    begun: list[str] = []
    for block in blocks:
        first, *others = block.split(separator)
        begun.append(first)
        if others:
            yield "".join(begun)
            begun = [others.pop()]
            yield from others
    yield "".join(begun)


def _with_shared_names(item: JsonValue, names: dict[str, str]) -> JsonValue:
    """Reuse the key texts of earlier lines, which halves the memory that flat items take."""
    if type(item) is dict:
        return {names.setdefault(name, name): value for name, value in item.items()}
    return item


def _csv_rows(text: str, source: str, checkpoint: Callable[[], object]) -> list[JsonValue]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    items: list[JsonValue] = []
    line = 1
    try:
        for number, row in enumerate(reader):
            if number % _ROWS == 0:
                checkpoint()
            if header is None:
                header = _checked_header(row, text, source, line) if row else None
            elif row:
                if len(row) != len(header):
                    message = f"this row has {len(row)} fields, the header has {len(header)}"
                    hint = "quote fields that hold commas, and double the quotes inside quoted fields"
                    raise invalid(line_problem(message, text, source, line, hint=hint))
                items.append(dict(zip(header, map(UntypedText, row), strict=True)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise invalid(line_problem(f"unreadable CSV: {error}", text, source, line)) from error
    if header is None:
        raise InvalidInput([Diagnostic("the CSV file is empty", source=source, hint="its first row names the fields")])
    return items


def _checked_header(row: list[str], text: str, source: str, line: int) -> list[str]:
    for name in row:
        if not name.strip():
            raise invalid(line_problem("a column of the header has no name", text, source, line))
        if row.count(name) > 1:
            raise invalid(line_problem(f"the header names the column {name!r} twice", text, source, line))
    return row
