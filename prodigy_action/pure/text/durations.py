"""Durations as people write them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Zµ]+)\s*")
_UNITS = {
    "ns": 1e-9,
    "nsec": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "usec": 1e-6,
    "ms": 1e-3,
    "msec": 1e-3,
    "millisecond": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "w": 604800.0,
    "week": 604800.0,
}


def parse_duration(written: str) -> float | None:
    """The seconds of `90`, `1.5`, `500ms`, `2 min`, `1h30m`; None when the text is not a duration."""
    written = written.strip()
    if _NUMBER.fullmatch(written) and not written.startswith("-"):
        seconds = float(written)
        return seconds if seconds < float("inf") else None
    total = 0.0
    at = 0
    while at < len(written):
        part = _DURATION_PART.match(written, at)
        if part is None:
            return None
        unit = part.group(2).lower()
        factor = _UNITS.get(unit, _UNITS.get(unit.removesuffix("s")))
        if factor is None or part.group(2) == "M":  # `M` is a usual abbreviation of months
            return None
        total += float(part.group(1)) * factor
        at = part.end()
    return total if at else None
