"""JSON inside a script element of a page: nothing in it ends the element, opens a comment, or is invalid text."""

from __future__ import annotations

import json
import re

_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def script_json(value: object) -> str:
    """One line of JSON that means `value` to a JSON reader, and nothing to a reader of HTML."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", _ENCODE(value))
