"""SIGINT and SIGTERM become the cancellation of the run."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio.abc import TaskStatus

T = TypeVar("T")


async def run_until_signal(work: Callable[[], Awaitable[T]]) -> tuple[T | None, signal.Signals | None]:
    """Await `work`; the first signal cancels it, further ones are ignored. Its value, or the signal that ended it."""
    received: list[signal.Signals] = []
    value: T | None = None

    async with anyio.create_task_group() as watchers:
        with anyio.CancelScope() as scope:

            async def watch(*, task_status: TaskStatus[None]) -> None:
                with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                    task_status.started()
                    async for number in signals:
                        received.append(signal.Signals(number))
                        scope.cancel()

            await watchers.start(watch)
            value = await work()
        watchers.cancel_scope.cancel()
    return value, received[0] if received and scope.cancelled_caught else None
