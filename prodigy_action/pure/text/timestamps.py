"""Timestamps of the journal, which are texts in ISO 8601."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime


def seconds_between(start: str | None, end: str | None) -> float | None:
    """The seconds between two timestamps, to the millisecond; None when one of them is not a timestamp."""
    try:
        return round((datetime.fromisoformat(end or "") - datetime.fromisoformat(start or "")).total_seconds(), 3)
    except ValueError:
        return None


def seconds_since(start: str | None) -> Callable[[str | None], float | None]:
    """`seconds_between` for many ends after one start, which is read once."""
    try:
        begin = datetime.fromisoformat(start or "")
    except ValueError:
        return lambda _: None

    def seconds_until(end: str | None) -> float | None:
        try:
            return round((datetime.fromisoformat(end or "") - begin).total_seconds(), 3)
        except ValueError:
            return None

    return seconds_until
