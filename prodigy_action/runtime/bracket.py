"""A resource that is given back whatever happens while it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio

from prodigy_action.runtime.constructors import pure
from prodigy_action.runtime.effect import Effect
from prodigy_action.runtime.outcome import Failed, Outcome
from prodigy_action.runtime.timeout import check_seconds

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
    """Acquire a resource, use it, release it, and give what the use gave.

    The release runs exactly once for every acquired resource: after success, failure and cancellation. It is
    shielded from cancellation and has `grace_seconds`, after which it is cancelled and counts as failed. A failing
    release adds a note to the error of the use and does not replace it; after a use that went well it is raised.
    Raises `ValueError` at once when `grace_seconds` is negative or not a number.
    """
    check_seconds(grace_seconds)

    async def released(resource: R, env: Env) -> Outcome[object]:
        # `release` is called inside the attempt, so that a fault in making its effect is no exception to the rule.
        held: Effect[R, Env] = pure(resource)
        with anyio.CancelScope(shield=True):
            outcome = await held.and_then(release).timeout(grace_seconds).attempt().run(env)
        return outcome  # noqa: RET504 - a checker cannot know that this scope swallows nothing

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
