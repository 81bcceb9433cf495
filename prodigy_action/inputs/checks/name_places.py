"""Names in texts: where one stands, and which may be those of the process environment."""

from __future__ import annotations

import re

_OF_THE_PROCESS = re.compile(r"[A-Z_][A-Z0-9_]*")


def may_be_of_process(name: str) -> bool:
    """Whether the process environment may define the variable `name`: it is in capitals."""
    return _OF_THE_PROCESS.fullmatch(name) is not None


def span_of_name(name: str, text: str, *, field: bool = False) -> tuple[int, int]:
    """Where a name first stands in a text; the whole text when it is not found. A `field` stands behind a dot, too."""
    match = re.search(rf"(?<![\w{'' if field else '.'}-]){re.escape(name)}(?![\w-])", text)
    return match.span() if match is not None else (0, len(text))
