"""A resource is released once, whatever happens while it is used."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from prodigy_action.runtime import Effect, EffectTimedOut, Failed, bracket, effect
from tests.support.backends import BACKENDS, run_in_virtual_time, run_on
from tests.support.worlds import Boom, World, record, record_and_fail

on_each_backend = pytest.mark.parametrize("backend", BACKENDS)


@effect
async def wait_forever(world: World) -> int:
    await anyio.sleep_forever()
    return 0


@effect
async def sleep_and_record(world: World, seconds: float, number: int) -> None:
    await anyio.sleep(seconds)
    world.log.append(f"slept {number}")


async def run_cancelled(work: Effect[Any, World], world: World) -> BaseException | None:
    """Cancel `work` once it is blocked; what it raised."""
    raised: BaseException | None = None
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            nonlocal raised
            try:
                await work.run(world)
            except BaseException as error:
                raised = error
                raise

        group.start_soon(watch)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    return raised


@on_each_backend
def test_the_value_is_that_of_the_use_and_the_release_comes_last(backend: str) -> None:
    world = World()
    work = bracket(record(1), lambda one: record(one + 1), lambda one: record(one + 100))
    assert run_on(backend, work.run, world) == 2
    assert world.log == ["record 1", "record 2", "record 101"]


@on_each_backend
def test_a_failing_use_is_released_and_its_error_raised(backend: str) -> None:
    world = World()
    with pytest.raises(Boom, match="boom 2"):
        run_on(backend, bracket(record(1), lambda _: record_and_fail(2), lambda _: record(3)).run, world)
    assert world.log == ["record 1", "fail 2", "record 3"]


def test_a_use_that_cannot_be_made_is_released() -> None:
    def broken(one: int) -> Effect[int, World]:
        raise LookupError(one)

    world = World()
    with pytest.raises(LookupError):
        anyio.run(bracket(record(1), broken, lambda _: record(3)).run, world)
    assert world.log == ["record 1", "record 3"]


@on_each_backend
def test_what_could_not_be_acquired_is_not_released(backend: str) -> None:
    world = World()
    with pytest.raises(Boom):
        run_on(backend, bracket(record_and_fail(1), record, record).run, world)
    assert world.log == ["fail 1"]


@on_each_backend
def test_a_release_that_waits_finishes_during_cancellation(backend: str) -> None:
    world = World()
    work = bracket(record(1), lambda _: wait_forever(), lambda _: sleep_and_record(3, 9))
    run_in_virtual_time(backend, run_cancelled, work, world)
    assert world.log == ["record 1", "slept 9"]


@on_each_backend
def test_a_release_has_only_its_grace_period_during_cancellation(backend: str) -> None:
    async def scenario() -> tuple[list[str], float]:
        world = World()
        work = bracket(record(1), lambda _: wait_forever(), lambda _: sleep_and_record(60, 9), grace_seconds=2)
        started = anyio.current_time()
        raised = await run_cancelled(work, world)
        return list(getattr(raised, "__notes__", [])), anyio.current_time() - started

    notes, seconds = run_in_virtual_time(backend, scenario)
    assert notes == ["releasing failed as well: EffectTimedOut('timed out after 2 s')"]
    assert seconds == pytest.approx(2, abs=0.2)  # asyncio sleeps a little to see that all is blocked


@on_each_backend
def test_a_failing_release_adds_a_note_to_the_error_of_the_use(backend: str) -> None:
    with pytest.raises(Boom, match="boom 2") as caught:
        run_on(
            backend,
            bracket(record(1), lambda _: record_and_fail(2), lambda _: record_and_fail(3)).run,
            World(),
        )
    assert caught.value.__notes__ == ["releasing failed as well: Boom('boom 3')"]


@on_each_backend
def test_a_failing_release_after_a_good_use_is_raised(backend: str) -> None:
    with pytest.raises(Boom, match="boom 3"):
        run_on(backend, bracket(record(1), record, lambda _: record_and_fail(3)).run, World())


@on_each_backend
def test_a_release_beyond_its_grace_period_after_a_good_use_is_a_failure(backend: str) -> None:
    work = bracket(record(1), record, lambda _: sleep_and_record(60, 9), grace_seconds=0.5)
    with pytest.raises(EffectTimedOut, match=r"timed out after 0\.5 s"):
        run_in_virtual_time(backend, work.run, World())


@on_each_backend
def test_a_failing_release_does_not_make_a_cancelled_effect_a_failed_one(backend: str) -> None:
    async def scenario() -> list[object]:
        reported: list[object] = []

        work = bracket(record(1), lambda _: wait_forever(), lambda _: record_and_fail(3))
        await run_cancelled(work.attempt().map(reported.append), World())
        return reported

    assert run_on(backend, scenario) == []


@on_each_backend
def test_a_failing_release_is_still_reported_when_the_use_timed_out(backend: str) -> None:
    work = bracket(record(1), lambda _: wait_forever(), lambda _: record_and_fail(3)).timeout(5).attempt()
    outcome = run_in_virtual_time(backend, work.run, World())
    assert isinstance(outcome, Failed)
    assert str(outcome.error) == "timed out after 5 s"
    assert outcome.error.__notes__ == ["releasing failed as well: Boom('boom 3')"]


@on_each_backend
def test_nested_resources_are_released_from_the_inside_out(backend: str) -> None:
    world = World()
    inner = bracket(record(2), lambda _: wait_forever(), lambda _: record(-2))
    run_on(backend, run_cancelled, bracket(record(1), lambda _: inner, lambda _: record(-1)), world)
    assert world.log == ["record 1", "record 2", "record -2", "record -1"]


@pytest.mark.parametrize("grace_seconds", (-1.0, float("nan")))
def test_a_grace_period_that_is_no_duration_is_refused_at_once(grace_seconds: float) -> None:
    with pytest.raises(ValueError, match="write a number of seconds, zero or more"):
        bracket(record(1), record, record, grace_seconds=grace_seconds)
