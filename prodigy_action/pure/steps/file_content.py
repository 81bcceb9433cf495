"""The content of a `write_file` step, in its format."""

from __future__ import annotations

import json

from prodigy_action.model.json_value import JsonValue, NumberText, parse_json
from prodigy_action.pure.text.reasons import reason_of


def format_content(text: str, form: str) -> bytes:
    """`text`, checked and formatted: JSON is indented, YAML and plain text are unchanged.

    Raises `ValueError` when the format is JSON and the text is not valid JSON. YAML is checked by
    `WorktreeFiles.check_yaml`.
    """
    if form == "json":
        try:
            value = parse_json(text)
        except ValueError as error:
            raise ValueError(f"the content is no JSON: {reason_of(error)}") from error
        return (_pretty(value) + "\n").encode("utf-8", "surrogateescape")
    return text.encode("utf-8", "surrogateescape")


def _pretty(value: JsonValue, indent: str = "") -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        body = ",\n".join(
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_pretty(each, inner)}" for key, each in value.items()
        )
        return f"{{\n{body}\n{indent}}}"
    if isinstance(value, list) and value:
        body = ",\n".join(f"{inner}{_pretty(each, inner)}" for each in value)
        return f"[\n{body}\n{indent}]"
    if isinstance(value, NumberText):
        return value.text
    return json.dumps(value, ensure_ascii=False)
