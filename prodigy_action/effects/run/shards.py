"""The bundles in which the results of one job travel to the next one."""

from __future__ import annotations

from prodigy_action.environment import RunEnv
from prodigy_action.errors import ResultsUnwritable
from prodigy_action.runtime import effect


@effect
async def bundle_plan_effect(env: RunEnv) -> None:
    """Write what setup committed as a bundle on top of the base of the run. Raises `ResultsUnwritable`."""
    _check(await env.repository.write_bundle())


@effect
async def bundle_shard_effect(env: RunEnv, start: str) -> None:
    """Write what the items of a shard committed as a bundle on top of the commit that they started from.

    Raises `ResultsUnwritable`.
    """
    _check(await env.repository.write_bundle(start))


def _check(failure: str | None) -> None:
    if failure is not None:
        raise ResultsUnwritable(f"the bundle of the commits could not be written: {failure}")
