"""A resource that is released after its use, whether the use succeeds, fails or is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from prodigy_action.runtime.constructors import pure
from prodigy_action.runtime.effect import Effect
from prodigy_action.runtime.outcome import Failed, Outcome
from prodigy_action.runtime.timeout import EffectTimedOut, check_seconds, run_at_most

R = TypeVar("R")
T = TypeVar("T")
Env = TypeVar("Env")


def bracket(
    acquire: Effect[R, Env],
    use: Callable[[R], Effect[T, Env]],
    release: Callable[[R], Effect[object, Env]],
    *,
    grace_seconds: float = 10.0,
) -> Effect[T, Env]:
    """Acquire a resource, use it, release it, and return the value of the use.

    The release runs exactly once for every acquired resource: after success, failure and cancellation. It is shielded
    from cancellation and has `grace_seconds`, after which it is cancelled and counts as failed. When the use and the
    release both fail, the error of the use is raised with a note about the release; when only the release fails, its
    error is raised. Raises `ValueError` at once when `grace_seconds` is negative or not a number.
    """
    check_seconds(grace_seconds)

    async def released(resource: R, env: Env) -> Outcome[object]:
        # `release` is called inside the attempt, so that an error while its effect is made is treated as a failed
        # release.
        held: Effect[R, Env] = pure(resource)
        attempted = held.and_then(release).attempt()
        try:
            return await run_at_most(grace_seconds, lambda: attempted.run(env), shield=True)
        except EffectTimedOut as error:
            return Failed(error)

    async def run(env: Env) -> T:
        resource = await acquire.run(env)
        try:
            value = await use(resource).run(env)
        except BaseException as error:
            outcome = await released(resource, env)
            if isinstance(outcome, Failed):
                error.add_note(f"releasing failed as well: {outcome.error!r}")
            raise
        outcome = await released(resource, env)
        if isinstance(outcome, Failed):
            raise outcome.error
        return value

    return Effect(run)
