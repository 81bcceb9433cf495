"""Trying again: how often, after which delays, and for which errors; the seconds here are virtual."""

from __future__ import annotations

import anyio
import pytest

from prodigy_action.runtime import Effect, asks, effect
from tests.effects.backends import BACKENDS, run_in_virtual_time, run_on
from tests.effects.worlds import Boom

on_each_backend = pytest.mark.parametrize("backend", BACKENDS)


class Door:
    """Opens at attempt number `opens_at`; remembers when it was tried and what was slept."""

    def __init__(self, opens_at: int) -> None:
        self.opens_at = opens_at
        self.tried_at: list[float] = []
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@effect
async def open_door(door: Door) -> int:
    door.tried_at.append(anyio.current_time())
    if len(door.tried_at) < door.opens_at:
        raise Boom(len(door.tried_at))
    return len(door.tried_at)


@on_each_backend
def test_the_first_success_is_the_value(backend: str) -> None:
    assert run_on(backend, open_door().retry([0, 0, 0]).run, Door(opens_at=3)) == 3


@on_each_backend
def test_a_success_at_once_is_not_repeated(backend: str) -> None:
    door = Door(opens_at=1)
    run_on(backend, open_door().retry([0, 0, 0]).run, door)
    assert len(door.tried_at) == 1


@on_each_backend
def test_the_delays_are_slept_in_their_order_between_the_attempts(backend: str) -> None:
    door = Door(opens_at=4)
    run_in_virtual_time(backend, open_door().retry([1, 2, 4]).run, door)
    pauses = [later - earlier for earlier, later in zip(door.tried_at, door.tried_at[1:], strict=False)]
    assert pauses == pytest.approx([1, 2, 4], abs=0.01)


@on_each_backend
@pytest.mark.parametrize("delays", ([0], [0, 0]))
def test_when_the_delays_are_used_up_the_last_error_is_raised_with_the_count(backend: str, delays: list[float]) -> None:
    attempts = len(delays) + 1
    with pytest.raises(Boom, match=f"boom {attempts}") as caught:
        run_on(backend, open_door().retry(delays).run, Door(opens_at=99))
    assert caught.value.__notes__ == [f"gave up after {attempts} attempts"]


@on_each_backend
def test_an_error_that_is_not_worth_it_is_raised_at_once(backend: str) -> None:
    door = Door(opens_at=99)
    with pytest.raises(Boom, match="boom 1") as caught:
        run_on(backend, open_door().retry([0, 0], when=lambda error: isinstance(error, OSError)).run, door)
    assert not hasattr(caught.value, "__notes__")


@on_each_backend
def test_each_error_is_judged_anew(backend: str) -> None:
    with pytest.raises(Boom, match="boom 2"):
        run_on(backend, open_door().retry([0, 0, 0], when=lambda error: str(error) == "boom 1").run, Door(opens_at=99))


def test_the_clock_of_the_environment_can_do_the_sleeping() -> None:
    door = Door(opens_at=3)
    the_door: Effect[Door, Door] = asks(lambda door: door)
    anyio.run(the_door.and_then(lambda clock: open_door().retry([5, 7, 11], sleep=clock.sleep)).run, door)
    assert door.slept == [5, 7]


def test_a_schedule_serves_every_run() -> None:
    work = open_door().retry([0, 0])
    assert [anyio.run(work.run, Door(opens_at=3)) for _ in range(2)] == [3, 3]


def test_a_schedule_that_only_one_run_could_use_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="retry delays are an iterator"):
        open_door().retry(iter([1.0]))


@on_each_backend
def test_cancellation_ends_the_pause_between_attempts(backend: str) -> None:
    async def scenario() -> tuple[int, float]:
        door = Door(opens_at=99)
        started = anyio.current_time()
        with anyio.move_on_after(2):
            await open_door().retry([60, 60]).run(door)
        return len(door.tried_at), anyio.current_time() - started

    attempts, seconds = run_in_virtual_time(backend, scenario)
    assert attempts == 1
    assert seconds == pytest.approx(2, abs=0.01)


@on_each_backend
def test_each_attempt_has_its_own_limit_when_the_limit_is_inside(backend: str) -> None:
    calls = 0

    async def slow_once(env: None) -> str:
        nonlocal calls
        calls += 1
        await anyio.sleep(60 if calls == 1 else 0)
        return "answered"

    assert run_in_virtual_time(backend, Effect(slow_once).timeout(5).retry([1]).run, None) == "answered"
