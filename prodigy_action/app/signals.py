"""SIGINT, SIGTERM and SIGHUP become the cancellation of the run."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from anyio.abc import TaskStatus

T = TypeVar("T")

CANCELLING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The last one comes from a closed terminal."""


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


@asynccontextmanager
async def watched_signals() -> AsyncIterator[WatchedSignals]:
    """Handle the signals; after a first one, they are ignored until the process ends."""
    watched = WatchedSignals()

    async def watch(*, task_status: TaskStatus[None]) -> None:
        with anyio.open_signal_receiver(*CANCELLING) as signals:
            task_status.started()
            async for number in signals:
                watched.note(signal.Signals(number))

    failed: Exception | None = None
    async with anyio.create_task_group() as watchers:
        await watchers.start(watch)
        try:
            yield watched
        except Exception as error:  # noqa: BLE001 - raised again outside the group, which would wrap it
            failed = error
        watchers.cancel_scope.cancel()
    if watched.received is not None:
        for number in CANCELLING:
            signal.signal(number, signal.SIG_IGN)
    if failed is not None:
        raise failed
