"""Landing beside the items that run, with fakes: what waits for it, and what does not."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest

from prodigy_action.effects.merge import landing_beside
from prodigy_action.errors import JournalUnwritable
from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import Event, ItemConflicted, ItemLanded, ItemNotRun
from prodigy_action.model.git import Submission
from prodigy_action.model.workflow import ErrorPolicy, Step
from prodigy_action.phases.map import distribute_work, land_all, reporting_failures
from tests.support.backends import BACKENDS, run_in_virtual_time, run_on
from tests.support.fakes import Behaviour, succeeded
from tests.support.map_worlds import MapWorld, assignments, map_world

ECHO = (Step(shell='echo "${item.n}"'),)


def world_of(total: int, *, conflicting: Sequence[int] = (), policy: ErrorPolicy | None = None) -> MapWorld:
    return map_world(ECHO, total=total, max_parallel=1, conflicting=conflicting, policy=policy)


def ids_of(world: MapWorld, kind: type[ItemLanded | ItemConflicted | ItemNotRun]) -> list[int]:
    return [event.item_id for event in world.journal.events if isinstance(event, kind)]


def sets(event: anyio.Event, *, when: int) -> Behaviour:
    """A runner that sets the event while the item `when` runs."""

    async def behaviour(_: str, spec: CommandSpec) -> CompletedCommand:
        if spec.env["PRODIGY_ITEM_ID"] == f"item_{when}":
            event.set()
            await anyio.wait_all_tasks_blocked()
        return succeeded()

    return behaviour


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_item_starts_before_an_earlier_one_has_landed_and_those_that_are_ready_land_together(backend: str) -> None:
    """One worker: if it waited for the first landing, the item that lets it go on would never run."""
    world = world_of(4)

    async def run() -> None:
        world.parent.landing_waits_for = anyio.Event()
        world.runner.behaviour = sets(world.parent.landing_waits_for, when=3)
        with anyio.fail_after(20):
            await landing_beside(distribute_work(assignments(4))).run(world.env)

    run_on(backend, run)
    assert ids_of(world, ItemLanded) == world.parent.landed == [0, 1, 2, 3]
    assert world.parent.asked[:2] == [[0], [1, 2]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_conflict_between_items_that_land_together_is_recorded_in_its_place(backend: str) -> None:
    """The items after it land without it."""
    world = world_of(6, conflicting=[2, 3])

    async def run() -> None:
        world.parent.landing_waits_for = anyio.Event()
        world.runner.behaviour = sets(world.parent.landing_waits_for, when=5)
        await landing_beside(distribute_work(assignments(6))).run(world.env)
        await land_all().run(world.env)

    run_on(backend, run)
    assert ids_of(world, ItemLanded) == world.parent.landed == [0, 1, 4, 5]
    assert ids_of(world, ItemConflicted) == [2, 3]


@pytest.mark.parametrize(
    "policy", (ErrorPolicy(max_failures=0), ErrorPolicy(on_item_failure="stop"), ErrorPolicy(continue_on_failure=False))
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_no_item_starts_before_a_landing_that_may_stop_the_map(backend: str, policy: ErrorPolicy) -> None:
    """A conflict counts as a failure: what runs after it must not depend on who is faster."""
    world = world_of(3, conflicting=[0], policy=policy)
    run_on(backend, landing_beside(distribute_work(assignments(3))).run, world.env)
    assert ids_of(world, ItemConflicted) == [0]
    assert ids_of(world, ItemNotRun) == [1, 2]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_landing_that_cannot_be_recorded_closes_the_gate_and_fails_the_map(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is the one of the journal, not a group of errors."""
    world = world_of(50)

    async def full(events: Sequence[Event]) -> None:
        raise JournalUnwritable(f"no room for {len(events)}")

    monkeypatch.setattr(world.journal, "append_all", full)
    with pytest.raises(JournalUnwritable, match="no room for"):
        run_on(backend, landing_beside(distribute_work(assignments(50))).run, world.env)
    assert ids_of(world, ItemNotRun)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_landing_that_has_started_is_recorded_when_the_map_is_cancelled(backend: str) -> None:
    """Its commit is in the branch, and the journal must say so."""
    world = world_of(2)

    async def run() -> None:
        goes_on = world.parent.landing_waits_for = anyio.Event()

        async def cancel(_: str, spec: CommandSpec) -> CompletedCommand:
            if spec.env["PRODIGY_ITEM_ID"] == "item_1":
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
                goes_on.set()
                await anyio.sleep_forever()
            return succeeded()

        world.runner.behaviour = cancel
        with anyio.CancelScope() as scope:
            await landing_beside(distribute_work(assignments(2))).run(world.env)

    run_on(backend, run)
    assert ids_of(world, ItemLanded) == world.parent.landed == [0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_items_that_are_submitted_at_once_land_in_one_task(backend: str) -> None:
    """As a resumed run submits what is on record: a task for each takes memory, and those of a failure repeat it."""
    world = world_of(250)

    async def run() -> None:
        before = len(anyio.get_running_tasks())
        async with world.env.merge_queue.landing():
            for number in range(250):
                await world.env.merge_queue.resolve(
                    number, Submission(head=f"head-{number}", commits=(f"head-{number}",))
                )
            assert len(anyio.get_running_tasks()) <= before + 1

    run_on(backend, run)
    assert ids_of(world, ItemLanded) == world.parent.landed == list(range(250))
    assert [len(group) for group in world.parent.asked] == [100, 100, 50]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_lands_after_landing_failed(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The map fails with this error, and the journal has what a resumed run lands."""
    world = world_of(3)
    calls: list[object] = []

    async def fails(asked: object) -> None:
        calls.append(asked)
        raise RuntimeError("a fault")

    async def run() -> None:
        async with world.env.merge_queue.landing():
            for number in range(3):
                await world.env.merge_queue.resolve(
                    number, Submission(head=f"head-{number}", commits=(f"head-{number}",))
                )
                await anyio.wait_all_tasks_blocked()

    monkeypatch.setattr(world.parent, "land_all", fails)
    with pytest.raises(RuntimeError, match="a fault"):
        run_on(backend, run)
    assert len(calls) == 1


def submission_of(number: int) -> Submission:
    return Submission(head=f"head-{number}", commits=(f"head-{number}",))


@pytest.mark.parametrize("policy", (None, ErrorPolicy(max_failures=0)))
@pytest.mark.parametrize("backend", BACKENDS)
def test_items_land_for_a_second_after_the_map_was_cancelled(backend: str, policy: ErrorPolicy | None) -> None:
    """Each takes 0.3 seconds, and all 50 are ready when the first has landed; what has landed is on record."""
    world = world_of(50, policy=policy)
    world.parent.seconds = 0.3

    async def run() -> float:
        async def resolve() -> None:
            async with world.env.merge_queue.landing():
                for number in reversed(range(50)):
                    await world.env.merge_queue.resolve(number, submission_of(number))

        with anyio.move_on_after(1.0):
            await resolve()
        return anyio.current_time()

    ended = run_in_virtual_time(backend, run)
    assert ids_of(world, ItemLanded) == world.parent.landed == list(range(6))
    assert ended == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_left_at_the_end_of_the_map_lands_for_a_second_after_a_cancellation(backend: str) -> None:
    world = world_of(50)
    world.parent.seconds = 0.3

    async def run() -> None:
        for number in range(1, 50):
            await world.env.merge_queue.resolve(number, submission_of(number))
        with anyio.move_on_after(1.0):
            await land_all().run(world.env)

    run_in_virtual_time(backend, run)
    assert ids_of(world, ItemLanded) == world.parent.landed == list(range(1, 7))


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_landed_before_a_fault_is_on_record_and_the_fault_is_raised(backend: str) -> None:
    world = world_of(5)
    world.parent.faulty = {3}

    async def run() -> None:
        async with world.env.merge_queue.landing():
            for number in reversed(range(5)):
                await world.env.merge_queue.resolve(number, submission_of(number))

    with pytest.raises(RuntimeError, match="a fault at 3"):
        run_on(backend, run)
    assert ids_of(world, ItemLanded) == world.parent.landed == [0, 1, 2]
    assert [event for _, event, _ in world.log.events] == ["landing_stopped"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fault_of_landing_is_logged_when_the_map_is_cancelled_at_once(backend: str) -> None:
    """The cancellation is raised, and the fault would be lost."""
    world = world_of(1)
    world.parent.faulty, world.parent.seconds = {0}, 0.5

    async def run() -> None:
        with anyio.move_on_after(0.2):
            async with world.env.merge_queue.landing():
                await world.env.merge_queue.resolve(0, submission_of(0))
                await anyio.sleep_forever()

    run_in_virtual_time(backend, run)
    ((_, event, fields),) = world.log.events
    assert event == "landing_stopped"
    assert "a fault at 0" in str(fields["error"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_item_that_conflicts_after_all_items_ended_is_logged_though_the_map_fails(backend: str) -> None:
    world = world_of(3, conflicting=[1])
    world.parent.seconds, world.parent.faulty = 1.0, {2}
    with pytest.raises(RuntimeError, match="a fault at 2"):
        run_in_virtual_time(backend, reporting_failures(landing_beside(distribute_work(assignments(3)))).run, world.env)
    assert ids_of(world, ItemConflicted) == [1]
    assert "item_failed" in [event for _, event, _ in world.log.events]


@pytest.mark.parametrize("backend", BACKENDS)
def test_items_that_end_soon_after_a_landing_land_together(backend: str) -> None:
    world = world_of(3)

    async def runs(_: str, spec: CommandSpec) -> CompletedCommand:
        if spec.env["PRODIGY_ITEM_ID"] == "item_1":
            await anyio.wait_all_tasks_blocked()  # the first item has landed
        return succeeded()

    async def run() -> None:
        world.runner.behaviour = runs
        await landing_beside(distribute_work(assignments(3))).run(world.env)

    run_on(backend, run)
    assert ids_of(world, ItemLanded) == [0, 1, 2]
    assert world.parent.asked == [[0], [1, 2]]
