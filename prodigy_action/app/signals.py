"""SIGINT, SIGTERM and SIGHUP become the cancellation of the run."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import anyio

T = TypeVar("T")

CANCELLING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The last one comes from a closed terminal."""
_WAKEUP_BYTES = 4096


class WatchedSignals:
    """The first signal cancels the current work; further signals are ignored."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._scope = anyio.CancelScope()

    def note(self, number: signal.Signals) -> None:
        """Handle a signal."""
        self.received = self.received or number
        self._scope.cancel()

    async def run_until_signal(self, work: Callable[[], Awaitable[T]]) -> tuple[T | None, signal.Signals | None]:
        """Await `work`: its value, or None and the signal that ended it. Call it once."""
        value: T | None = None
        with self._scope:
            value = await work()
        return value, self.received if self._scope.cancelled_caught else None


@contextmanager
def watched_signals() -> Iterator[WatchedSignals]:
    """Handle the signals while an event loop runs; after a first one, they are ignored until the process ends.

    They go from handled to ignored in one step: when the event loop removes its own handlers, signals have
    their default action for a short time, and a second signal would end the process before its results are written.
    """
    watched = WatchedSignals()
    loop = asyncio.get_running_loop()
    reading, writing = socket.socketpair()  # wakes the loop also when another thread is interrupted
    reading.setblocking(False)
    writing.setblocking(False)

    def handle(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(watched.note, signal.Signals(number))

    wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    loop.add_reader(reading, reading.recv, _WAKEUP_BYTES)
    before = {number: signal.signal(number, handle) for number in CANCELLING}
    try:
        yield watched
    finally:
        for number, handler in before.items():
            signal.signal(number, (handler or signal.SIG_DFL) if watched.received is None else signal.SIG_IGN)
        loop.remove_reader(reading)
        signal.set_wakeup_fd(wakeup)
        reading.close()
        writing.close()
