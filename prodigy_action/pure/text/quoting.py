r"""Quoted text inside expressions: single or double quotes, `\` escapes; unknown escapes are kept for regular
expressions.
"""

from __future__ import annotations

import re

QUOTED_PATTERN = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""

_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SIMPLE = {r"\\": "\\", r"\'": "'", r"\"": '"', r"\n": "\n", r"\r": "\r", r"\t": "\t"}
_NEEDS_ESCAPE = str.maketrans({"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def unquote(token: str) -> str:
    r"""The text that a quoted token stands for.

    `\\`, `\'`, `\"`, `\n`, `\r`, `\t` and `\uXXXX` are escapes. Any other backslash stays, so that `'^\d+\.py$'` is
    the regular expression it looks like.
    """
    body = token[1:-1]
    return _ESCAPE.sub(_replacement, body) if "\\" in body else body


def _replacement(match: re.Match[str]) -> str:
    escape = match.group()
    if len(escape) == 12:
        return bytes.fromhex(escape[2:6] + escape[8:12]).decode("utf-16-be")
    if len(escape) == 6:
        return chr(int(escape[2:], 16))
    return _SIMPLE.get(escape, escape)


def quote(text: str) -> str:
    """`text` between single quotes; `unquote` returns the original."""
    return f"'{text.translate(_NEEDS_ESCAPE)}'"
