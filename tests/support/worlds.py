"""A small world for effects to act on, and Hypothesis strategies for effects in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
from hypothesis import strategies as st

from prodigy_action.runtime import (
    Effect,
    Ok,
    Outcome,
    asks,
    bracket,
    effect,
    from_async_fn,
    par_all,
    par_all_limit,
    pure,
    sequence,
    within,
)


@dataclass(slots=True)
class World:
    number: int = 7
    log: list[str] = field(default_factory=list)


class Boom(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(f"boom {number}")
        self.number = number


@effect
async def record(world: World, number: int) -> int:
    world.log.append(f"record {number}")
    await anyio.lowlevel.checkpoint()
    return number


@effect
async def record_and_fail(world: World, number: int) -> int:
    world.log.append(f"fail {number}")
    await anyio.lowlevel.checkpoint()
    raise Boom(number)


@effect
async def fail(world: object, error: Exception) -> int:
    """Raise this very error."""
    raise error


def describe(error: BaseException) -> object:
    notes = tuple(getattr(error, "__notes__", ()))
    if isinstance(error, BaseExceptionGroup):
        return error.message, tuple(describe(each) for each in error.exceptions), notes
    return type(error).__name__, str(error), notes


async def observation(work: Effect[object, World]) -> tuple[object, ...]:
    """Everything a run shows to the outside: its value or its error, and what it did to a new world."""
    world = World()
    try:
        result: object = ("value", await work.run(world))
    except (Boom, ExceptionGroup) as error:
        result = ("error", describe(error))
    return result, tuple(world.log)


def _number_of(outcome: Outcome[int]) -> int:
    return outcome.value if isinstance(outcome, Ok) else -1


def _read_number(world: World) -> int:
    return world.number


def _recording_fn(number: int) -> Effect[int, World]:
    async def fn(world: World) -> int:
        world.log.append(f"fn {number}")
        return number

    return from_async_fn(fn)


Work = Effect[int, World]
Continuation = Callable[[int], Work]

_numbers = st.integers(-3, 3)
LEAVES: dict[str, st.SearchStrategy[Work]] = {
    "pure": _numbers.map(pure),
    "from_async_fn": _numbers.map(_recording_fn),
    "asks": _numbers.map(lambda number: asks(_read_number).map(lambda read: read + number)),
    "effect": _numbers.map(record),
    "effect that fails": _numbers.map(record_and_fail),
}
leaves = st.one_of(*LEAVES.values())
continuations: st.SearchStrategy[Continuation] = st.one_of(
    _numbers.map(lambda number: lambda value: pure(value * number)),
    _numbers.map(lambda number: lambda value: record(value + number)),
    _numbers.map(lambda number: lambda value: record_and_fail(value - number)),
    leaves.map(lambda leaf: lambda value: leaf.map(lambda other: other - value)),
)

CONSTRUCTED: dict[str, st.SearchStrategy[Work]] = {
    **LEAVES,
    "sequence": st.lists(leaves, max_size=3).map(lambda works: sequence(works).map(sum)),
    "bracket": st.builds(bracket, leaves, continuations, continuations),
    "within": leaves.map(lambda leaf: within(World, leaf)),
    "par_all": st.lists(leaves, max_size=3).map(lambda works: par_all(works).map(sum)),
    "par_all_limit": st.builds(
        lambda works, limit: par_all_limit(works, limit).map(lambda outcomes: sum(map(_number_of, outcomes))),
        st.lists(leaves, max_size=4),
        st.integers(1, 3),
    ),
    "map": leaves.map(lambda leaf: leaf.map(lambda value: value + 1)),
    "and_then": st.builds(lambda leaf, then: leaf.and_then(then), leaves, continuations),
    "tap": st.builds(lambda leaf, observe: leaf.tap(observe), leaves, continuations),
    "tap_error": st.builds(lambda leaf, other: leaf.tap_error(lambda _: other), leaves, leaves),
    "context": leaves.map(lambda leaf: leaf.context("noted")),
    "attempt": leaves.map(lambda leaf: leaf.attempt().map(_number_of)),
    "timeout": leaves.map(lambda leaf: leaf.timeout(60)),
    "provide": leaves.map(lambda leaf: leaf.provide(lambda world: World(world.number + 1, world.log))),
}
works = st.one_of(*CONSTRUCTED.values())
