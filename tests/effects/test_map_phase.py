"""The map phase with fakes: what is composed, in which order, and what a failure does to the others."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.environment import AgentLimits
from prodigy_action.errors import ResultsUnwritable
from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import AgentFinished, Event, ItemConflicted, ItemLanded, ItemNotRun
from prodigy_action.model.workflow import Backoff, ErrorPolicy, Retry, Step
from prodigy_action.phases.map import distribute_work, execute_agent, land_all
from prodigy_action.runtime import Failed
from tests.support.backends import BACKENDS, run_in_virtual_time, run_on
from tests.support.fakes import FakeWorktrees, failed, succeeded
from tests.support.map_worlds import MapWorld, assignments, map_world

ECHO = (Step(shell='echo "${item.n}"'),)


def finished(world: MapWorld) -> dict[int, str]:
    return {event.item_id: event.state for event in world.journal.events if isinstance(event, AgentFinished)}


def landed(world: MapWorld) -> list[int]:
    return [event.item_id for event in world.journal.events if isinstance(event, ItemLanded)]


async def run_all(world: MapWorld, total: int) -> None:
    await distribute_work(assignments(total)).run(world.env)
    await land_all().run(world.env)


def fails_for(*numbers: int):  # type: ignore[no-untyped-def]  # a behaviour, as the fake runner takes it
    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        return failed(3) if any(f"item_{n}" == spec.env["PRODIGY_ITEM_ID"] for n in numbers) else succeeded()

    return behaviour


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_agent_gets_a_worktree_runs_its_steps_hands_its_commits_in_and_gives_the_worktree_back(backend: str) -> None:
    world = map_world(ECHO)
    result = run_on(backend, execute_agent(assignments(1)[0]).run, world.env)
    assert result.id == 0
    assert world.worktrees.created == world.worktrees.released == ["agent-0"]
    assert finished(world) == {0: "succeeded"}
    assert world.parent.landed == [0]
    assert world.results.logs["item-0000"].closed


def test_nothing_happens_before_the_effect_is_run() -> None:
    world = map_world(ECHO, total=3)
    distribute_work(assignments(3))
    assert world.worktrees.created == []
    assert world.journal.events == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_failed_agent_does_not_stop_its_siblings(backend: str) -> None:
    world = map_world(ECHO, total=5, behaviour=fails_for(1, 3))
    run_on(backend, run_all, world, 5)
    assert finished(world) == {0: "succeeded", 1: "failed", 2: "succeeded", 3: "failed", 4: "succeeded"}
    assert landed(world) == [0, 2, 4]
    assert sorted(world.worktrees.released) == [f"agent-{n}" for n in range(5)]


def test_a_failed_agent_leaves_its_patch_its_log_and_the_failing_step() -> None:
    world = map_world(ECHO, behaviour=fails_for(0))
    run_on("asyncio", run_all, world, 1)
    (record,) = [event for event in world.journal.events if isinstance(event, AgentFinished)]
    assert record.error is not None
    assert (record.error.kind, record.error.step, record.error.exit_code) == ("step_failed", 'echo "${item.n}"', 3)
    assert record.error.output_tail == "it broke"
    assert record.patch == "patches/item-0000.patch"
    assert record.log == "logs/item-0000.log"
    assert [step.exit_code for step in record.steps] == [3]


def test_an_error_keeps_the_context_of_the_chain_it_went_through() -> None:
    world = map_world(ECHO, worktrees=FakeWorktrees(unusable=["agent-0"]))
    outcome = run_on("asyncio", execute_agent(assignments(1)[0]).attempt().run, world.env)
    assert isinstance(outcome, Failed)
    assert outcome.error.__notes__ == ["creating worktree agent-0", "executing agent 0"]


def test_a_worktree_that_cannot_be_made_hurts_its_item_alone() -> None:
    world = map_world(ECHO, total=3, worktrees=FakeWorktrees(unusable=["agent-1"]))
    run_on("asyncio", run_all, world, 3)
    assert finished(world) == {0: "succeeded", 1: "failed", 2: "succeeded"}
    assert landed(world) == [0, 2]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("limit", (1, 3, 16))
def test_never_more_agents_than_max_parallel_run_at_once(backend: str, limit: int) -> None:
    world = map_world(ECHO, total=40, max_parallel=limit)
    run_on(backend, run_all, world, 40)
    assert world.runner.most_active == limit
    assert landed(world) == list(range(40))


def test_an_item_conflicts_without_holding_up_those_behind_it() -> None:
    world = map_world(ECHO, total=3, conflicting=[1])
    run_on("asyncio", run_all, world, 3)
    assert landed(world) == [0, 2]
    (conflict,) = [event for event in world.journal.events if isinstance(event, ItemConflicted)]
    assert (conflict.item_id, conflict.files, conflict.with_items) == (1, ["shared"], [0])
    assert conflict.patch == "patches/item-0001.patch"


def test_an_agent_without_commits_is_unchanged_and_lands_nothing() -> None:
    world = map_world(ECHO, total=2, worktrees=FakeWorktrees(unchanged=[0]))
    run_on("asyncio", run_all, world, 2)
    assert finished(world) == {0: "unchanged", 1: "succeeded"}
    assert landed(world) == [1]


def test_required_commits_that_are_missing_fail_the_agent() -> None:
    world = map_world(ECHO, worktrees=FakeWorktrees(unchanged=[0]), commit="required")
    run_on("asyncio", run_all, world, 1)
    assert finished(world) == {0: "failed"}


def test_a_stop_policy_admits_no_further_item_and_says_why() -> None:
    policy = ErrorPolicy(on_item_failure="stop")
    world = map_world(ECHO, total=4, max_parallel=1, behaviour=fails_for(1), policy=policy)
    run_on("asyncio", run_all, world, 4)
    assert finished(world) == {0: "succeeded", 1: "failed"}
    not_run = [event for event in world.journal.events if isinstance(event, ItemNotRun)]
    assert [event.item_id for event in not_run] == [2, 3]
    assert {event.reason for event in not_run} == {"an item failed and on_item_failure is stop"}


def test_a_failed_item_is_executed_again_as_its_retry_says() -> None:
    tries: list[str] = []

    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        tries.append(spec.env["PRODIGY_ITEM_ID"])
        return failed() if tries.count("item_0") < 3 and tries[-1] == "item_0" else succeeded()

    retry = Retry(attempts=5, initial_delay=4, backoff=Backoff(kind="fixed"))
    world = map_world(ECHO, total=2, max_parallel=1, behaviour=behaviour, item_retry=retry)
    run_on("asyncio", run_all, world, 2)
    records = [event for event in world.journal.events if isinstance(event, AgentFinished)]
    assert [(r.item_id, r.number, r.state) for r in records] == [
        (0, 1, "failed"),
        (0, 2, "failed"),
        (0, 3, "succeeded"),
        (1, 1, "succeeded"),
    ]
    assert world.clock.slept == [4, 4]
    assert landed(world) == [0, 1]


def test_an_item_that_fails_for_good_uses_up_its_executions() -> None:
    retry = Retry(attempts=2, initial_delay=0)
    world = map_world(ECHO, behaviour=fails_for(0), item_retry=retry)
    run_on("asyncio", run_all, world, 1)
    records = [event for event in world.journal.events if isinstance(event, AgentFinished)]
    assert [(r.number, r.state) for r in records] == [(1, "failed"), (2, "failed")]
    assert len(world.runner.calls) == 2


def test_a_custom_handler_runs_in_the_worktree_of_the_failed_agent() -> None:
    handler = [Step(shell="echo cleanup"), Step(claude="/report ${error.message}")]

    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        return failed(7) if "${item.n}" in text or "PRODIGY" in text else succeeded()

    world = map_world([Step(shell="PRODIGY fails")], behaviour=behaviour, failure_handler=handler)
    run_on("asyncio", run_all, world, 1)
    assert world.runner.calls[1:] == ["echo cleanup", "claude /report PRODIGY fails: exit code 7"]
    assert {spec.cwd for spec in world.runner.specs} == {"/worktrees/agent-0"}
    assert finished(world) == {0: "failed"}


def test_a_timeout_whose_action_is_fail_stops_the_rest() -> None:
    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        return CompletedCommand(exit_code=137, timed_out=spec.env["PRODIGY_ITEM_ID"] == "item_1")

    limits = AgentLimits(timeout_action="fail")
    world = map_world(ECHO, total=3, max_parallel=1, behaviour=behaviour, limits=limits)
    world.runner.calls.clear()
    run_on("asyncio", run_all, world, 3)
    assert finished(world) == {0: "failed", 1: "timed_out"}
    assert [event.item_id for event in world.journal.events if isinstance(event, ItemNotRun)] == [2]


def test_a_journal_that_cannot_be_written_fails_the_map() -> None:
    world = map_world(ECHO, total=2)

    async def refuse(event: Event) -> None:
        raise ResultsUnwritable("no space left")

    world.journal.append = refuse  # type: ignore[method-assign]  # a disk that is full
    with pytest.raises(ResultsUnwritable, match="no space left"):
        run_on("asyncio", run_all, world, 2)


@given(
    delays=st.lists(st.integers(0, 20), min_size=1, max_size=8), limit=st.integers(1, 8), bad=st.sets(st.integers(0, 7))
)
@settings(max_examples=60)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_order_of_landing_and_the_states_do_not_depend_on_who_finishes_first(
    backend: str, delays: list[int], limit: int, bad: set[int]
) -> None:
    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        number = int(spec.env["PRODIGY_ITEM_ID"].removeprefix("item_"))
        await anyio.sleep(delays[number])
        return failed() if number in bad else succeeded()

    total = len(delays)
    world = map_world(ECHO, total=total, max_parallel=limit, behaviour=behaviour)
    run_in_virtual_time(backend, run_all, world, total)
    assert landed(world) == [n for n in range(total) if n not in bad]
    assert finished(world) == {n: "failed" if n in bad else "succeeded" for n in range(total)}


def test_a_cancelled_agent_is_not_reported_as_failed_and_keeps_its_patch() -> None:
    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        await anyio.sleep_forever()
        return succeeded()

    world = map_world(ECHO, total=2, behaviour=behaviour)

    async def cancelled() -> None:
        with anyio.move_on_after(5):
            await run_all(world, 2)

    run_in_virtual_time("asyncio", cancelled)
    assert finished(world) == {}
    assert sorted(world.results.patches) == ["item-0000", "item-0001"]
    assert sorted(world.worktrees.released) == ["agent-0", "agent-1"]
