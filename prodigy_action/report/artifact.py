"""`results.json`: the whole run as one document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.model.results import RunResult

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def render_results(result: RunResult) -> Iterator[str]:
    """The text of `results.json` in pieces: fields in the order of the schema, a line for each field and each item.

    The text is ASCII, so that every reader accepts it whatever a file name or an item holds. Numbers in items keep the
    text they were written with.
    """
    yield "{\n"
    for name, value in result.model_dump(exclude={"items"}).items():
        yield f"  {json.dumps(name)}: {_line(value)},\n"
    if not result.items:
        yield '  "items": []\n}\n'
        return
    yield '  "items": ['
    separator = "\n"
    for item in result.items:
        yield f"{separator}    {_line(item.whole().model_dump())}"
        separator = ",\n"
    yield "\n  ]\n}\n"


def _line(value: JsonValue) -> str:
    return _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], compact_json(value))
