"""Retries after a failure, with the delays of a schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import chain
from typing import TypeAlias, TypeVar

from prodigy_action.runtime.outcome import Ok, Outcome

T = TypeVar("T")

Sleep: TypeAlias = Callable[[float], Awaitable[object]]


def any_failure(error: Exception) -> bool:
    """The predicate that retries after every error."""
    return True


def check_schedule(delays: Iterable[float]) -> None:
    """Raise `TypeError` for an iterator: the first run would exhaust it."""
    if isinstance(delays, Iterator):
        raise TypeError(f"retry delays are an iterator, {delays!r}: pass a list or tuple, so that each run starts anew")


async def first_success(
    attempt: Callable[[], Awaitable[Outcome[T]]],
    delays: Iterable[float],
    *,
    when: Callable[[Exception], bool],
    sleep: Sleep,
) -> T:
    """The value of the first attempt that is `Ok`.

    `delays` are the seconds to sleep before the second, third, … attempt: n delays allow n + 1 attempts. Raises the
    error of the last attempt once the delays are used up or `when` says that the error is not worth another one.
    """
    for attempts, delay in enumerate(chain(delays, [None]), start=1):
        outcome = await attempt()
        if isinstance(outcome, Ok):
            return outcome.value
        if delay is None or not when(outcome.error):
            if attempts > 1:
                outcome.error.add_note(f"gave up after {attempts} attempts")
            raise outcome.error
        await sleep(delay)
    raise AssertionError("unreachable: the last delay is None")
