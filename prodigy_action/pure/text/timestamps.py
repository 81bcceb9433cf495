"""Timestamps of the journal, which are texts in ISO 8601."""

from __future__ import annotations

from datetime import datetime


def seconds_between(start: str | None, end: str | None) -> float | None:
    """The seconds between two timestamps, to the millisecond; None when one of them is not a timestamp."""
    try:
        return round((datetime.fromisoformat(end or "") - datetime.fromisoformat(start or "")).total_seconds(), 3)
    except ValueError:
        return None
