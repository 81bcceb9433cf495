"""The text form of a value, for prompts, files and shell variables."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from shlex import quote

from prodigy_action.model.json_value import JsonValue, compact_json, number_text


def render_value(value: JsonValue) -> str:
    """The text of a value: text unchanged, numbers as written, booleans as words, null empty, arrays of texts joined by
    `, `, others as compact JSON.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, Sequence) and all(isinstance(element, str) for element in value):
        return ", ".join(str(element) for element in value)
    return compact_json(value)


def render_item(item: JsonValue) -> str:
    """The text of `${item}`: the line of a command's `{"item": line}`, else the value's text."""
    if isinstance(item, Mapping) and len(item) == 1:
        line = item.get("item")
        if isinstance(line, str):
            return line
    return render_value(item)


def line_of(item: JsonValue) -> JsonValue:
    """What `${item.value}` is: the item itself when it is a text, a number or a line; else None."""
    if isinstance(item, Mapping) and set(item) == {"item"}:
        return item["item"]
    return None if isinstance(item, bool) or not isinstance(item, str | int | float) else item


def render_names(names: Sequence[str]) -> str:
    """Names separated by blanks; one that a shell would not read as one plain word is quoted."""
    return " ".join(map(quote, names))


def chosen_texts(value: JsonValue, format_name: str | None) -> list[str]:
    """The texts of an array that one of the globs of the format chooses; all without a glob."""
    texts = list(map(render_value, _elements(value)))
    globs = (format_name or "").partition(":")[0]
    if "*" not in globs:
        return texts
    return [text for text in texts if any(fnmatchcase(text, glob.strip()) for glob in globs.split(","))]


def render_formatted(value: JsonValue, format_name: str) -> str:
    """The text of a value under `:json`, `:lines`, `:csv`, or globs that choose among an array."""
    pattern, _, style = format_name.partition(":")
    if "*" in pattern:
        chosen: JsonValue = chosen_texts(value, pattern)
        return render_formatted(chosen, style) if style else render_value(chosen)
    if pattern == "json":
        return compact_json(value)
    texts = [render_value(element) for element in _elements(value)]
    if pattern == "lines":
        return "\n".join(texts)
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(texts)
    return row.getvalue()


def _elements(value: JsonValue) -> Sequence[JsonValue]:
    if value is None:
        return ()
    if isinstance(value, str | bool | int | float | Mapping):
        return (value,)
    return value
