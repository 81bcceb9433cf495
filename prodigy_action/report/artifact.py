"""`results.json`: the whole run as one document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from prodigy_action.model.json_value import JsonValue, ascii_json, compact_json, parse_json
from prodigy_action.model.results import RunResult

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def render_results(result: RunResult) -> Iterator[str]:
    """The text of `results.json` in pieces: fields in the order of the schema, a line for each field and each item.

    The text is ASCII, so that every reader accepts it whatever a file name or an item holds. Numbers in items keep the
    text they were written with.
    """
    yield render_head(result)
    if not result.items:
        yield '  "items": []\n}\n'
        return
    yield '  "items": ['
    separator = "\n"
    for item in result.items:
        yield f"{separator}    {_line(item.content())}"
        separator = ",\n"
    yield "\n  ]\n}\n"


def render_head(result: RunResult) -> str:
    """The beginning of `results.json`: all about the run but its items."""
    fields = result.model_dump(exclude={"items"}).items()
    return "{\n" + "".join(f"  {json.dumps(name)}: {_line(value)},\n" for name, value in fields)


def parse_head(lines: Iterable[bytes]) -> JsonValue:
    """The run without its items, from the lines of a `results.json` as `render_results` writes it.

    Only the lines before the items are read. Raises `ValueError` for any other text.
    """
    head: list[bytes] = []
    for line in lines:
        if line.startswith(b'  "items": ['):
            return parse_json((b"".join(head) + b'"items":[]}').decode())
        head.append(line)
    raise ValueError("these are no results of a run")


def _line(value: JsonValue) -> str:
    text = ascii_json(value)
    if "\\u007f" not in text:
        return text
    # The library escapes this character too, which is ASCII.
    return _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], compact_json(value))
