"""The log of a run: every event that is about an item has the item's name, and its place in the count."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.adapters.log_filters import Level, LogFilter, write_event
from prodigy_action.environment import EventLog
from prodigy_action.pure.journal.running_work import RunningWork

_COUNTED = frozenset({"agent_finished", "item_landed", "item_failed"})
_LISTS = ("items", "agents")


class ItemLog(LogFilter):
    """Passes events to `log`, with `item` (the name) beside each `item_id`.

    The names are learned from the plan (`names`); the counts are those of `work`.
    """

    def __init__(self, log: EventLog, work: RunningWork) -> None:
        self.names: Mapping[int, str] = {}
        """Item id → what people call the item."""
        self._log = log
        self._work = work

    def pass_on(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        write_event(self._log, level, event, self._completed(event, fields))

    def _completed(self, event: str, fields: Mapping[str, object]) -> dict[str, object]:
        found = self._named(fields)
        if event in _COUNTED and isinstance(item_id := fields.get("item_id"), int):
            found |= self._work.place_of(item_id)
        if event == "phase_finished" and fields.get("phase") == "map":
            found["failed"] = self._work.failed - self._work.unlanded
        if event == "phase_finished" and fields.get("phase") == "land":
            found["unlanded"] = self._work.unlanded
        for name in _LISTS:
            if isinstance(listed := fields.get(name), list):
                found[name] = [self._named(each) if isinstance(each, Mapping) else each for each in listed]
        return found

    def _named(self, fields: Mapping[str, object]) -> dict[str, object]:
        item_id = fields.get("item_id")
        name = self.names.get(item_id) if isinstance(item_id, int) else None
        return dict(fields) if name is None else {"item_id": item_id, "item": name, **fields}
