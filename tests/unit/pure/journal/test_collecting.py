"""Any division into shards, in any order, with duplicates and losses, comes to the journal of one job."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    ItemNotRun,
    Planned,
    PlannedItem,
    RunFinished,
    RunStarted,
    ShardRecord,
    StartKept,
)
from prodigy_action.pure.journal.aggregation import check_accounting, results_of
from prodigy_action.pure.journal.collecting import by_shard, collected_events, number_of_shards, shard_name
from prodigy_action.pure.journal.reducer import reduce_journal
from prodigy_action.pure.journal.shard_plan import SharedPlan, events_of_slice, shared_plan
from prodigy_action.pure.journal.shard_report import read_report

BASE, START = "b" * 40, "5" * 40
KEPT = StartKept(start_sha=START)
OUTCOMES = st.sampled_from(["succeeded", "unchanged", "failed", "cancelled"])


def started(**fields: object) -> RunStarted:
    given = {
        "run_id": "r", "workflow_name": "w", "workflow_path": "w.yml", "workflow_sha256": "0", "base_sha": BASE,
        "branch": "main", "max_parallel": 2,
    }  # fmt: skip
    return RunStarted.model_validate({**given, **fields})


def plan_of(items: int, excluded: frozenset[int]) -> SharedPlan:
    planned = [PlannedItem(id=n, key=f"k{n}", item=n, worktree_name=f"agent-{n}") for n in range(items)]
    left_out = [ItemNotRun(item_id=n, reason="excluded by only") for n in sorted(excluded)]
    plan = Planned(items=planned, selected_out=1, max_parallel=2, start_sha=START)
    ended = RunFinished(result="success", exit_code=0)
    return shared_plan([started(phase="setup"), KEPT, plan, *left_out, ended])


def commit_of(item: int, attempt: int) -> str:
    return f"{item * 10 + attempt:040x}"


def executed(item: int, state: str, attempt: int) -> list[Event]:
    made = {"head": commit_of(item, attempt), "commits": [commit_of(item, attempt)]} if state == "succeeded" else {}
    end = {"item_id": item, "number": attempt, "state": state, "seconds": 1, **made}
    return [AgentStarted(item_id=item, number=attempt), AgentFinished.model_validate(end)]


def journal_of(plan: SharedPlan, index: int, total: int, states: Sequence[str], attempt: int) -> list[Event]:
    """What a shard records whose items end in these states."""
    begun = started(phase="map", shard=ShardRecord(index=index, total=total), attempt=attempt, at=f"2026-01-0{attempt}")
    ids = plan.slice(index, total)
    done = [record for item in ids for record in executed(item, states[item], attempt)]
    return [*events_of_slice(plan, index, total), begun, *done]


@given(data=st.data(), items=st.integers(0, 12), total=st.integers(1, 16))
def test_any_order_of_the_reports_with_duplicates_and_losses_gives_the_same_result(
    data: st.DataObject, items: int, total: int
) -> None:
    plan = plan_of(items, data.draw(st.frozensets(st.integers(0, max(items - 1, 0)), max_size=min(items, 3))))
    states = {
        attempt: data.draw(st.lists(OUTCOMES, min_size=items, max_size=items), label=f"attempt {attempt}")
        for attempt in (2, 3)
    }
    lost = data.draw(st.frozensets(st.integers(0, total - 1), max_size=3), label="lost")
    twice = data.draw(st.frozensets(st.integers(0, total - 1), max_size=3), label="twice")
    attempts = [(index, 2) for index in range(total)] + [(index, 3) for index in sorted(twice)]
    reports = [
        read_report(f"M_{index}.{attempt}", journal_of(plan, index, total, states[attempt], attempt), plan)
        for index, attempt in data.draw(st.permutations(attempts), label="order")
        if index not in lost
    ]
    chosen = {index: attempts[0] for index, attempts in by_shard(reports).items()}
    if reports:
        assert number_of_shards(reports, None) == total
    journal = collected_events(plan, KEPT, chosen, {}, total=total, refused={})

    # One job would have recorded the same items, in their order.
    owners = plan.owners(total)
    assert sorted(owners) == list(plan.chosen)
    expected: list[Event] = []
    for number in plan.chosen:
        if owners[number] not in lost:
            attempt = 3 if owners[number] in twice else 2
            expected += executed(number, states[attempt][number], attempt)
    assert [record for record in journal if isinstance(record, AgentStarted | AgentFinished)] == expected

    results = results_of(reduce_journal(journal))
    check_accounting(results)
    assert results.counts.planned == items
    for item in results.items:
        if item.id not in owners:
            assert (item.state, item.reason) == ("not_run", "excluded by only")
        elif owners[item.id] in lost:
            assert (item.state, item.reason) == ("not_run", f"{shard_name(owners[item.id], total)} did not report")


def test_the_number_of_shards_is_what_the_user_says_else_what_most_shards_say() -> None:
    plan = plan_of(6, frozenset())
    states = ["unchanged"] * 6
    reports = [
        read_report(f"M_{index}_{total}", journal_of(plan, index, total, states, 2), plan)
        for index, total in ((0, 2), (1, 2), (0, 3))
    ]
    assert number_of_shards(reports, None) == 2
    assert number_of_shards(reports, 3) == 3
    assert number_of_shards([], None) == 1
