"""What the constructors accept, refuse and give."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import pytest

from prodigy_action.runtime import effect, from_async_fn, pure, sequence, within
from tests.support.backends import BACKENDS, run_on
from tests.support.worlds import Boom, World, record, record_and_fail


def _blocking(env: object) -> int:
    return 1


async def _waiting(env: object, number: int = 1, *, suffix: str = "") -> str:
    await anyio.lowlevel.checkpoint()
    return f"{number}{suffix}"


def test_a_plain_function_is_no_effect() -> None:
    plain: Any = _blocking
    with pytest.raises(TypeError, match="is not a coroutine function: write it with async def"):
        from_async_fn(plain)


def test_a_lambda_around_a_coroutine_function_is_no_effect() -> None:
    with pytest.raises(TypeError, match="is not a coroutine function"):
        from_async_fn(lambda env: _waiting(env))


def test_a_plain_function_cannot_be_decorated() -> None:
    plain: Any = _blocking
    with pytest.raises(TypeError, match="is not a coroutine function"):
        effect(plain)


def test_a_partial_of_a_coroutine_function_is_an_effect() -> None:
    assert anyio.run(from_async_fn(partial(_waiting, number=4)).run, None) == "4"


def test_a_decorated_function_takes_its_arguments_without_the_environment() -> None:
    assert anyio.run(effect(_waiting)(3, suffix="!").run, None) == "3!"


def test_a_decorated_function_keeps_its_name() -> None:
    assert effect(_waiting).__name__ == "_waiting"


def test_arguments_that_do_not_fit_are_reported_where_the_effect_is_made() -> None:
    loose: Any = effect(_waiting)
    with pytest.raises(TypeError, match="unexpected keyword argument 'prefix'"):
        loose(prefix="?")


def test_within_gives_the_effect_itself() -> None:
    work = record(1)
    assert within(World, work) is work


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sequence_stops_at_the_first_failure(backend: str) -> None:
    world = World()
    with pytest.raises(Boom):
        run_on(backend, sequence([record(1), record_and_fail(2), record(3)]).run, world)
    assert world.log == ["record 1", "fail 2"]


def test_a_sequence_made_from_a_generator_runs_twice() -> None:
    work = sequence(pure(number) for number in range(3))
    assert [anyio.run(work.run, None) for _ in range(2)] == [[0, 1, 2], [0, 1, 2]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sequence_of_100_000_effects_does_not_overflow_the_stack(backend: str) -> None:
    work = sequence(pure(number) for number in range(100_000))
    assert run_on(backend, work.run, None) == list(range(100_000))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sequence_of_effects_that_never_wait_can_be_cancelled(backend: str) -> None:
    async def scenario() -> int:
        runs = 0
        with anyio.CancelScope() as scope:

            async def never_waits(env: None) -> None:
                nonlocal runs
                runs += 1
                if runs == 3:
                    scope.cancel()

            await sequence([from_async_fn(never_waits)] * 10).run(None)
        return runs

    assert run_on(backend, scenario) == 3
