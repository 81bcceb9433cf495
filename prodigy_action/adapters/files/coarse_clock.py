"""The clock that file systems take file times from: it moves in ticks of some milliseconds."""

from __future__ import annotations

import time

import anyio

_CLOCK_REALTIME_COARSE = 5
"""Linux; `time` has no name for it."""
_LONGEST_TICK_SECONDS = 0.01
_PAUSE_SECONDS = 0.001


def coarse_now() -> float:
    """The time that a file written now would get, or a later time."""
    try:
        return time.clock_gettime(_CLOCK_REALTIME_COARSE)
    except OSError:
        return time.time() + _LONGEST_TICK_SECONDS


async def tick_after(earlier: float) -> None:
    """Wait until a change would get another time than `earlier`, which `coarse_now` returned."""
    deadline = time.monotonic() + 2 * _LONGEST_TICK_SECONDS
    # When somebody sets the clock back, the wait still ends.
    while coarse_now() <= earlier and time.monotonic() < deadline:  # noqa: ASYNC110 - a tick sends no event
        await anyio.sleep(_PAUSE_SECONDS)
