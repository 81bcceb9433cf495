"""Logs that pass the events of a run to others: to several, without some, or to one that is opened late."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal, TypeAlias

from prodigy_action.environment import EventLog

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
SHOWN_OF_A_KIND = 3
"""How many warnings of one kind, each about another item, a person reads before the others are only kept."""


class LogFilter(ABC):
    """A log whose four methods are one."""

    def debug(self, event: str, **fields: object) -> None:
        self.pass_on("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        self.pass_on("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self.pass_on("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self.pass_on("error", event, fields)

    @abstractmethod
    def pass_on(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        """What becomes of an event."""


def write_event(log: EventLog, level: Level, event: str, fields: Mapping[str, object]) -> None:
    """Write an event of that level to `log`."""
    getattr(log, level)(event, **fields)


class EventLogs(LogFilter):
    """Several logs as one: each gets every event."""

    def __init__(self, *logs: EventLog) -> None:
        self._logs = logs

    def pass_on(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        for log in self._logs:
            write_event(log, level, event, fields)


class WithoutProgress(LogFilter):
    """A log without the regular counting line, which something else shows."""

    _HIDDEN = "still_running"

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def pass_on(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        if event != self._HIDDEN:
            write_event(self._log, level, event, fields)


class FewOfAKind(LogFilter):
    """A log for people: of warnings that give many items the same advice it has the first ones alone, and says so."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._seen: Counter[str] = Counter()

    def pass_on(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        if level == "warning" and "item_id" in fields and "hint" in fields:
            self._seen[event] += 1
            if self._seen[event] > SHOWN_OF_A_KIND:
                if self._seen[event] == SHOWN_OF_A_KIND + 1:
                    self._log.warning("like_warnings_left_out", like=event)
                return
        write_event(self._log, level, event, fields)


class LazyEventLog(LogFilter):
    """A log that is opened at its first event: for commands that rarely log and must start fast."""

    def __init__(self, open_log: Callable[[], EventLog]) -> None:
        self._open_log = cache(open_log)

    def pass_on(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        write_event(self._open_log(), level, event, fields)
