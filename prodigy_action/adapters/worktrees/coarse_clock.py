"""The clock that file systems take the times of files from: it moves in ticks of some milliseconds."""

from __future__ import annotations

import time

import anyio

_CLOCK_REALTIME_COARSE = 5
"""Linux; `time` has no name for it."""
_LONGEST_TICK_SECONDS = 0.01
_PAUSE_SECONDS = 0.001


def coarse_now() -> float:
    """The time that a file written now would bear, or one that is certainly not before it."""
    try:
        return time.clock_gettime(_CLOCK_REALTIME_COARSE)
    except OSError:
        return time.time() + _LONGEST_TICK_SECONDS


async def tick_after(moment: float) -> None:
    """Wait until a change bears another time than `moment`, which `coarse_now` gave."""
    deadline = time.monotonic() + 2 * _LONGEST_TICK_SECONDS
    # A clock that somebody sets back must not stop anybody.
    while coarse_now() <= moment and time.monotonic() < deadline:  # noqa: ASYNC110 - nobody tells of a tick
        await anyio.sleep(_PAUSE_SECONDS)
