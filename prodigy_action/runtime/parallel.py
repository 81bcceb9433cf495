"""Effects side by side; results are in the order of the input, not in the order of completion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import anyio
from anyio.lowlevel import checkpoint

from prodigy_action.runtime.effect import Effect
from prodigy_action.runtime.outcome import Failed, Ok, Outcome

T = TypeVar("T")
Env = TypeVar("Env")


def par_all_limit(effects: Iterable[Effect[T, Env]], limit: int) -> Effect[list[Outcome[T]], Env]:
    """The effects, at most `limit` at once; one outcome per effect, in the order of `effects`.

    They are started in that order. A failure is an outcome and cancels no sibling. Cancellation from outside cancels
    every running effect and is raised again: no effect that waits is started, and no outcomes are returned.
    Raises `ValueError` at once when `limit` is less than 1.
    """
    if limit < 1:
        raise ValueError(f"a limit of {limit!r} effects at once: write 1 or more")
    planned = tuple(effects)

    async def run(env: Env) -> list[Outcome[T]]:
        outcomes: list[Outcome[T] | None] = [None] * len(planned)
        waiting = iter(enumerate(planned))

        async def work() -> None:
            await checkpoint()
            for index, each in waiting:
                outcomes[index] = await each.attempt().run(env)
                await checkpoint()

        async with anyio.create_task_group() as workers:
            for _ in range(min(limit, len(planned))):
                workers.start_soon(work)
        return _all_present(outcomes)

    return Effect(run)


def par_all(effects: Iterable[Effect[T, Env]]) -> Effect[list[T], Env]:
    """The effects, all at once; their values in the order of `effects`.

    Every effect runs to its end; then one `ExceptionGroup` of all errors, in that order, is raised if any failed.
    """
    planned = tuple(effects)
    return par_all_limit(planned, limit=max(1, len(planned))).map(_values_or_group)


def _all_present(outcomes: Sequence[Outcome[T] | None]) -> list[Outcome[T]]:
    present = [outcome for outcome in outcomes if outcome is not None]
    if len(present) < len(outcomes):
        # asyncio ends a task silently when its code raises CancelledError although nobody cancelled the task.
        missing = [index for index, outcome in enumerate(outcomes) if outcome is None]
        raise RuntimeError(f"effects {missing!r} ended without an outcome: cancelled by their own code")
    return present


def _values_or_group(outcomes: Sequence[Outcome[T]]) -> list[T]:
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Failed)]
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(outcomes)} parallel effects failed", errors)
    return [outcome.value for outcome in outcomes if isinstance(outcome, Ok)]
