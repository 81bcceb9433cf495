"""What programs print for a terminal, as plain text."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links
    r"|[ -/]*[0-~]"  # character sets, resets
    r")"
)


def without_escapes(text: str) -> str:
    """The text without the escape sequences that move or colour a terminal; other characters are left as they are."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def end_of(text: str, most: int) -> str:
    """The last `most` characters at most, from the start of a line where there is one."""
    if len(text) <= most:
        return text
    kept = text[-most:]
    line_end = kept.find("\n")
    return kept[line_end + 1 :] if 0 <= line_end < len(kept) - 1 else kept
