"""`results.json`: the whole run as one document."""

from __future__ import annotations

import json
import re

from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.model.results import RunResult

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def render_results(result: RunResult) -> str:
    """The text of `results.json`: fields in the order of the schema, one line for each field and one for each item.

    The text is ASCII, so that every reader accepts it whatever a file name or an item holds. Numbers in items keep the
    text they were written with.
    """
    document = result.model_dump()
    items = document.pop("items")
    lines = [f"  {json.dumps(name)}: {_line(value)}" for name, value in document.items()]
    each = ",\n".join(f"    {_line(item)}" for item in items)
    lines.append(f'  "items": [\n{each}\n  ]' if items else '  "items": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: JsonValue) -> str:
    return _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], compact_json(value))
