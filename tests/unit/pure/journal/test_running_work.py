from __future__ import annotations

from itertools import islice

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    ItemNotRun,
    PhaseFinished,
    PhaseStarted,
    Planned,
    PlannedItem,
)
from prodigy_action.pure.journal.reducer import reduce_journal
from prodigy_action.pure.journal.running_work import RunningWork, heartbeat_delays

PLANNED = Planned(
    items=[PlannedItem(id=id, key=str(id), item=id, worktree_name=f"agent-{id}") for id in range(40)],
    selected_out=0,
    max_parallel=20,
    start_sha="a" * 40,
)


def test_signs_of_life_come_soon_at_first_and_once_a_minute_later() -> None:
    assert list(islice(heartbeat_delays(), 7)) == [5, 10, 20, 40, 60, 60, 60]


def test_the_agents_that_run_longest_are_reported_first_and_not_all_of_them() -> None:
    work = RunningWork()
    work.note(PLANNED, 0)
    work.note(PhaseStarted(phase="map"), 1)
    for id in range(20):
        work.note(AgentStarted(item_id=id), 1 + id)
    work.note(AgentFinished(item_id=0, state="succeeded", seconds=1), 30)
    work.note(ItemNotRun(item_id=39, reason="enough"), 31)
    shown = work.status(41)
    agents = [{"item_id": id, "seconds": 40 - id} for id in range(1, 11)]
    assert shown == {
        "phase": "map",
        "seconds": 40,
        "ended": 2,
        "planned": 40,
        "running": 19,
        "max_parallel": 20,
        "agents": agents,
    }


def test_an_item_that_is_executed_again_has_not_ended() -> None:
    work = RunningWork()
    work.note(PLANNED, 0)
    work.note(PhaseStarted(phase="map"), 0)
    work.note(AgentStarted(item_id=3), 1)
    work.note(AgentFinished(item_id=3, state="failed", seconds=1), 2)
    work.note(AgentStarted(item_id=3, number=2), 3)
    assert (work.status(4)["ended"], work.status(4)["running"]) == (0, 1)


def test_of_an_earlier_attempt_the_plan_remains() -> None:
    work = RunningWork()
    work.recall(reduce_journal([PhaseStarted(phase="map"), PLANNED, AgentStarted(item_id=1)]))
    assert work.phase is None
    work.note(PhaseStarted(phase="map"), 0)
    assert work.phase_title == "map: 40 items, at most 20 at once"
    assert work.status(1)["running"] == 0


def test_other_phases_are_reported_by_name_and_time() -> None:
    work = RunningWork()
    work.note(PhaseStarted(phase="land"), 10)
    assert work.phase_title == "landing the items"
    assert work.status(12.4) == {"phase": "land", "seconds": 2}
    work.note(PhaseFinished(phase="land", state="succeeded", seconds=3), 13)
    assert work.phase is None
