"""The methods of `Effect`, one behaviour each, on both back ends."""

from __future__ import annotations

import anyio
import pytest

from prodigy_action.runtime import Effect, Failed, Ok, asks, from_async_fn, pure, within
from tests.support.worlds import Boom, World, record, record_and_fail

pytestmark = pytest.mark.anyio


async def test_a_chain_passes_each_value_to_the_next_link() -> None:
    world = World()
    assert await record(1).and_then(lambda one: record(one + 1)).map(str).run(world) == "2"
    assert world.log == ["record 1", "record 2"]


async def test_context_adds_a_note_and_keeps_the_error() -> None:
    work = record_and_fail(3).context("running the step").context("executing agent 3")
    with pytest.raises(Boom) as caught:
        await work.run(World())
    assert caught.value.__notes__ == ["running the step", "executing agent 3"]


async def test_notes_of_one_run_do_not_show_in_the_next() -> None:
    work = record_and_fail(1).context("noted").attempt()
    await work.run(World())
    outcome = await work.run(World())
    assert isinstance(outcome, Failed)
    assert outcome.error.__notes__ == ["noted"]


async def test_attempt_keeps_the_traceback_of_the_failure() -> None:
    outcome = await record_and_fail(1).attempt().run(World())
    assert isinstance(outcome, Failed)
    traceback = outcome.error.__traceback__
    assert traceback is not None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    assert traceback.tb_frame.f_code.co_name == "record_and_fail"


async def test_attempt_lets_an_exit_request_through() -> None:
    async def leave(env: None) -> None:
        raise GeneratorExit

    with pytest.raises(GeneratorExit):
        await from_async_fn(leave).attempt().run(None)


async def _fails_when_cancelled(env: object) -> None:
    try:
        await anyio.sleep_forever()
    except BaseException as interruption:
        raise Boom(1) from interruption


async def test_an_error_raised_because_of_cancellation_is_not_reported_as_failed() -> None:
    reported = []
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:

            async def agent() -> None:
                reported.append(await from_async_fn(_fails_when_cancelled).attempt().run(None))

            group.start_soon(agent)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert reported == []
    assert scope.cancelled_caught


async def test_nothing_answers_an_error_raised_because_of_cancellation() -> None:
    answering = within(World, from_async_fn(_fails_when_cancelled)).tap_error(lambda _: record(1))
    world = World()
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(answering.run, world)
            await anyio.wait_all_tasks_blocked()
            log_at_cancellation = list(world.log)
            scope.cancel()
    assert world.log == log_at_cancellation


async def test_work_that_was_finished_in_spite_of_cancellation_is_reported_as_done() -> None:
    with anyio.CancelScope() as scope:

        async def cancel_while_finishing(env: None) -> str:
            scope.cancel()
            return "done"

        outcome = await from_async_fn(cancel_while_finishing).attempt().run(None)
    assert outcome == Ok("done")


async def test_tap_runs_the_observer_and_keeps_the_value() -> None:
    world = World()
    assert await record(1).tap(lambda value: record(value + 10)).run(world) == 1
    assert world.log == ["record 1", "record 11"]


async def test_a_failing_observer_of_a_value_fails_the_effect() -> None:
    with pytest.raises(Boom, match="boom 5"):
        await record(1).tap(lambda _: record_and_fail(5)).run(World())


async def test_tap_error_observes_the_error_and_raises_it_again() -> None:
    world = World()
    with pytest.raises(Boom, match="boom 1"):
        await record_and_fail(1).tap_error(lambda error: record(9)).run(world)
    assert world.log == ["fail 1", "record 9"]


async def test_tap_error_leaves_a_success_alone() -> None:
    world = World()
    assert await record(1).tap_error(lambda _: record(9)).run(world) == 1
    assert world.log == ["record 1"]


async def test_a_failing_observer_of_an_error_adds_a_note() -> None:
    with pytest.raises(Boom, match="boom 1") as caught:
        await record_and_fail(1).tap_error(lambda _: record_and_fail(2)).run(World())
    assert caught.value.__notes__ == ["observing this error failed: Boom('boom 2')"]


async def test_an_observer_that_cannot_be_made_adds_a_note() -> None:
    def broken(error: Exception) -> Effect[None, object]:
        raise LookupError("no journal")

    with pytest.raises(Boom) as caught:
        await record_and_fail(1).tap_error(broken).run(World())
    assert caught.value.__notes__ == ["observing this error failed: LookupError('no journal')"]


async def test_provide_adapts_an_outer_environment() -> None:
    def text_of(world: World) -> str:
        return "x" * world.number

    length: Effect[int, str] = asks(len)
    assert await length.provide(text_of).run(World(number=5)) == 5


async def test_the_environment_is_adapted_anew_at_each_run() -> None:
    adapted: list[int] = []

    def adapt(number: int) -> int:
        adapted.append(number)
        return number

    work = pure("value").provide(adapt)
    await work.run(1)
    await work.run(2)
    assert adapted == [1, 2]
