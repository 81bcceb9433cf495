from __future__ import annotations

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    ItemConflicted,
    ItemLanded,
    ItemNotRun,
    PhaseFinished,
    PhaseStarted,
    Planned,
    PlannedItem,
)
from prodigy_action.pure.journal.reducer import reduce_journal
from prodigy_action.pure.journal.running_work import RunningWork, Snapshot, next_counting_line

PLANNED = Planned(
    items=[PlannedItem(id=id, key=str(id), item=id, worktree_name=f"agent-{id}") for id in range(40)],
    selected_out=0,
    max_parallel=20,
    start_sha="a" * 40,
)


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


def test_a_snapshot_counts_and_estimates_by_the_items_that_ended_in_this_attempt() -> None:
    work = RunningWork()
    work.recall(
        reduce_journal(
            [
                PhaseStarted(phase="map"),
                PLANNED,
                *(AgentFinished(item_id=id, state="unchanged", seconds=1) for id in range(10)),
            ]
        )
    )
    assert work.snapshot(0) is None
    work.note(PhaseStarted(phase="map"), 100)
    for id in range(10, 14):
        work.note(AgentStarted(item_id=id), 101)
    work.note(AgentFinished(item_id=10, state="failed", seconds=1), 104)
    work.note(AgentFinished(item_id=11, state="succeeded", seconds=1), 104)
    early = work.snapshot(105)
    assert early is not None
    assert (early.ended, early.failed, early.left_seconds) == (12, 1, None)
    work.note(ItemConflicted(item_id=11, files=["a"], with_items=[10]), 105)
    work.note(AgentFinished(item_id=12, state="unchanged", seconds=1), 106)
    now = work.snapshot(106)
    assert now is not None
    assert (now.planned, now.ended, now.failed, now.running) == (40, 13, 2, [(13, 5)])
    assert now.left_seconds == 6 / 3 * 27


def test_an_execution_that_follows_a_failed_one_has_not_failed() -> None:
    work = RunningWork()
    work.note(PLANNED, 0)
    work.note(PhaseStarted(phase="map"), 0)
    work.note(AgentFinished(item_id=3, state="failed", seconds=1), 2)
    work.note(AgentStarted(item_id=3, number=2), 3)
    now = work.snapshot(4)
    assert now is not None
    assert (now.ended, now.failed) == (0, 0)


def test_an_item_that_lands_after_a_conflict_has_not_failed() -> None:
    work = RunningWork()
    work.note(PLANNED, 0)
    work.note(PhaseStarted(phase="map"), 0)
    for id in (1, 2):
        work.note(AgentFinished(item_id=id, state="succeeded", seconds=1), 1)
    work.note(ItemConflicted(item_id=1, files=["a"], with_items=[0], rerun=True), 2)
    assert work.failed == 0, "it is executed again"
    work.note(ItemConflicted(item_id=2, files=["a"], with_items=[0]), 2)
    assert work.failed == 1
    work.note(AgentStarted(item_id=1, number=2), 3)
    work.note(AgentFinished(item_id=1, state="succeeded", seconds=1, number=2), 4)
    work.note(ItemLanded(item_id=1, commit="c", how="rerun"), 5)
    work.note(ItemLanded(item_id=2, commit="d", how="rebase"), 5)
    assert work.failed == 0


def test_an_item_is_counted_when_it_gets_its_last_state() -> None:
    work = RunningWork()
    work.note(PLANNED, 0)
    work.note(AgentFinished(item_id=5, state="succeeded", seconds=1), 1)
    assert work.place_of(5) == {}, "it has not landed"
    work.note(AgentFinished(item_id=7, state="failed", seconds=1), 1)
    work.note(ItemLanded(item_id=5, commit="c"), 2)
    assert (work.place_of(7), work.place_of(5)) == ({"ended": 1, "planned": 40}, {"ended": 2, "planned": 40})


def snapshot(*, ended: int, failed: int = 0) -> Snapshot:
    return Snapshot("map", phase_seconds=1, planned=9, ended=ended, failed=failed, running=[], left_seconds=None)


def test_counting_lines_follow_each_other_after_ten_seconds_and_without_a_change_after_a_minute() -> None:
    first = next_counting_line(None, snapshot(ended=0), 5)
    assert first is not None
    assert next_counting_line(first, snapshot(ended=1), 14.9) is None
    second = next_counting_line(first, snapshot(ended=1), 15)
    assert second is not None
    assert next_counting_line(second, snapshot(ended=1), 74.9) is None
    assert next_counting_line(second, snapshot(ended=1), 75) is not None
    assert next_counting_line(second, snapshot(ended=1, failed=1), 25) is not None
