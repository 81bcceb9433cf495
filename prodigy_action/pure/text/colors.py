"""Colours of a terminal: whether they are wanted, and texts in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Style: TypeAlias = Literal["error", "warning", "good", "hint", "dim", "bold"]

_CODES: Final[Mapping[Style, str]] = {
    "error": "31",
    "warning": "33",
    "good": "32",
    "hint": "36",
    "dim": "2",
    "bold": "1",
}


def wants_color(environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether an output may be coloured: `NO_COLOR` says no, then `FORCE_COLOR` yes (`0` no), else a terminal may be
    unless `TERM` is `dumb`. Empty variables count as not set (no-color.org, force-color.org).
    """
    if environ.get("NO_COLOR"):
        return False
    if forced := environ.get("FORCE_COLOR"):
        return forced not in ("0", "false")
    return terminal and environ.get("TERM") != "dumb"


def painted(text: str, style: Style, *, color: bool) -> str:
    """The text in a colour, or as it is without `color`."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if color and text else text
