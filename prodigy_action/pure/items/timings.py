"""How long the items took in an earlier run, by its `results.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from prodigy_action.model.assignment import WorkAssignment


def recorded_seconds(results: Any) -> dict[str, float]:
    """Key → seconds of every item that was executed, of the document in `results.json`.

    Of items with one key the longest counts. Raises `ValueError` when the document is no results of a run.
    """
    items = results.get("items") if isinstance(results, Mapping) else None
    if not isinstance(items, list) or not all(isinstance(item, Mapping) and _is_item(item) for item in items):
        raise ValueError("these are no results of a run")
    found: dict[str, float] = {}
    for item in items:
        seconds = float(item["seconds"])
        if isfinite(seconds) and seconds > 0:
            found[item["key"]] = max(seconds, found.get(item["key"], 0.0))
    return found


def seconds_of(assignments: Sequence[WorkAssignment], recorded: Mapping[str, float]) -> dict[int, float]:
    """Id → seconds of the assignments whose key is recorded."""
    return {each.id: recorded[each.key] for each in assignments if each.key in recorded}


def _is_item(item: Mapping[str, Any]) -> bool:
    seconds = item.get("seconds")
    return isinstance(item.get("key"), str) and isinstance(seconds, int | float) and not isinstance(seconds, bool)
