"""Children of the main thread that are no commands and were started by none, such as the watchdog."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

_at_work: set[int] = set()  # one for the process, as the kernel has one table of its children


def companions() -> AbstractSet[int]:
    """Their process ids: they need no look when a command ends."""
    return _at_work


def note_companion(pid: int) -> None:
    """A companion has started."""
    _at_work.add(pid)


def forget_companion(pid: int) -> None:
    """A companion ends. Call it before the process is reaped: later its number may be that of a command."""
    _at_work.discard(pid)
