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
from prodigy_action.phases.map import distribute_work, land_all
from tests.support.backends import BACKENDS, run_on
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
