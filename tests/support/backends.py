"""Running effects on both of anyio's back ends, in real or in virtual time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from trio.testing import MockClock

T = TypeVar("T")

BACKENDS = ("asyncio", "trio")


_FOR_EVER = 24 * 3600
"""asyncio waits so long at most at once: also for a timer that never comes."""


class _JumpingSelector(selectors.DefaultSelector):
    """Where a loop would wait for its next timer, the clock jumps to it; asyncio's twin of trio's `MockClock`."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout >= _FOR_EVER:
            return super().select(None)  # what is waited for comes from a thread, which no jump hastens
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout is not None and timeout > 0:
            self.now += timeout
        return ready


class _VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run_on(backend: str, function: Callable[..., Awaitable[T]], *args: Any) -> T:
    return anyio.run(function, *args, backend=backend)


def run_in_virtual_time(backend: str, function: Callable[..., Awaitable[T]], *args: Any) -> T:
    """As `run_on`, with a clock that starts near zero and jumps whenever every task sleeps."""
    options: dict[str, Any] = (
        {"clock": MockClock(autojump_threshold=0)} if backend == "trio" else {"loop_factory": _VirtualTimeLoop}
    )
    return anyio.run(function, *args, backend=backend, backend_options=options)
