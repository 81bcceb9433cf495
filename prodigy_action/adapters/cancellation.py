"""Cancellation of blocking work: a worker thread cannot be interrupted, it has to ask."""

from __future__ import annotations

import anyio.from_thread


def end_if_cancelled() -> None:
    """Raise the cancellation of the caller; a thread that is no worker of an event loop cannot be cancelled."""
    try:
        anyio.from_thread.check_cancelled()
    except RuntimeError:
        return
