"""A time limit around one effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

T = TypeVar("T")


class EffectTimedOut(TimeoutError):
    """An effect did not end within its own limit of `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"timed out after {seconds} s")
        self.seconds = seconds


def check_seconds(seconds: float) -> None:
    """Raise `ValueError` unless `seconds` is zero or more."""
    if not seconds >= 0:
        raise ValueError(f"a limit of {seconds!r} s: write a number of seconds, zero or more")


async def run_to_end(call: Callable[[], Awaitable[T]], *, seconds_when_cancelled: float) -> T:
    """The result of `call`, which goes on when the caller is cancelled, and is itself cancelled so many seconds later.

    After a cancellation of the caller the result is dropped and the cancellation raised; an error of `call` is raised.
    """
    failed: Exception | None = None
    results: list[T] = []
    scope = anyio.CancelScope(shield=True)

    async def limit() -> None:
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            scope.deadline = anyio.current_time() + seconds_when_cancelled
            raise

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(limit)
            try:
                with scope:
                    results.append(await call())
            except Exception as error:  # noqa: BLE001 - a group would wrap it; raised again below
                failed = error
            group.cancel_scope.cancel()
    except anyio.get_cancelled_exc_class():
        if failed is None:
            raise
    if failed is not None:
        raise failed
    await checkpoint_if_cancelled()
    return results[0]


async def run_at_most(seconds: float, call: Callable[[], Awaitable[T]], *, shield: bool = False) -> T:
    """The result of `call`, which is cancelled after `seconds`; with `shield` by nothing else.

    Raises `EffectTimedOut` when the limit ended the call, also when the call raised an error of its own while it was
    cancelled (kept as the cause). A result that arrives in spite of the limit is returned: the work was done.
    Cancellation from outside passes through unchanged.
    """
    notes: list[str] = []
    with anyio.move_on_after(seconds, shield=shield) as scope:
        try:
            return await call()
        except anyio.get_cancelled_exc_class() as cancelled:
            # The scope swallows this exception; the notes that a failing release added to it must be kept.
            notes = getattr(cancelled, "__notes__", [])
            raise
        except Exception as error:
            if scope.cancel_called:
                raise EffectTimedOut(seconds) from error
            raise
    timed_out = EffectTimedOut(seconds)
    for note in notes:
        timed_out.add_note(note)
    raise timed_out
