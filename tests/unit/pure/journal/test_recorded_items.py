from __future__ import annotations

import json
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    ErrorRecord,
    Event,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    ItemNotRun,
    StepRecord,
)
from prodigy_action.model.item_parts import Attempt
from prodigy_action.model.item_view import ExecutionView
from prodigy_action.model.json_value import NumberText, ascii_json, compact_json
from prodigy_action.model.results import ItemResult, RunResult
from prodigy_action.pure.journal import recorded_items
from prodigy_action.pure.journal.aggregation import results_of
from prodigy_action.pure.journal.packed_end import PackedEnd, pack_end
from prodigy_action.pure.journal.reducer import reduce_journal
from tests.support.journals import begun, executed, run_started

ITEMS = 3
ITEM_IDS = st.integers(0, ITEMS - 1)
ERRORS = st.builds(ErrorRecord, kind=st.sampled_from(["step_failed", "run_timed_out"]), message=st.just("it failed"))
STEP = st.builds(
    StepRecord,
    index=st.just(0),
    kind=st.just("shell"),
    command=st.text(max_size=4),
    captured=st.dictionaries(st.just("n"), st.just(NumberText("1.50e1"))),
    tolerated=st.none() | st.just("it failed"),
    tolerated_inside=st.lists(st.just("a step inside"), max_size=1),
)
ENDS = st.builds(
    AgentFinished,
    item_id=ITEM_IDS,
    number=st.integers(1, 2),
    state=st.sampled_from(["succeeded", "unchanged", "skipped", "failed", "timed_out", "cancelled"]),
    reason=st.none() | st.just("because"),
    seconds=st.floats(0, 9),
    slot=st.none() | st.integers(0, 3),
    head=st.none() | st.just("b" * 40),
    commits=st.lists(st.just("b" * 40), max_size=1),
    files_changed=st.lists(st.text(max_size=3), max_size=2),
    uncommitted=st.lists(st.text(max_size=3), max_size=2),
    steps=st.lists(STEP, max_size=2),
    captures=st.dictionaries(st.text(max_size=2), st.just(NumberText("2.0")), max_size=1),
    error=st.none() | ERRORS,
    log=st.none() | st.just("logs/item-0000.log"),
    patch=st.none() | st.just("patches/item-0000.patch"),
    retried=st.booleans(),
)
EVENTS = st.one_of(
    ENDS,
    st.builds(AgentStarted, item_id=ITEM_IDS, number=st.integers(1, 2), at=st.just("2026-01-02T03:04:06.000Z")),
    st.builds(ItemLanded, item_id=ITEM_IDS, commit=st.just("c" * 40), how=st.sampled_from(["merge", "rebase"])),
    st.builds(ItemConflicted, item_id=ITEM_IDS, files=st.just(["a"]), with_items=st.just([0]), rerun=st.booleans()),
    st.builds(ItemLandingFailed, item_id=ITEM_IDS, error=ERRORS),
    st.builds(ItemNotRun, item_id=ITEM_IDS, reason=st.just("it was not needed")),
    st.just(run_started(2)),
)


def vars_of(execution: ExecutionView) -> dict[str, object]:
    return {name: getattr(execution, name) for name in Attempt.model_fields}


def results(events: list[Event]) -> RunResult:
    return results_of(reduce_journal([*begun(ITEMS), *events]))


@given(st.lists(EVENTS, max_size=12))
def test_every_field_of_a_view_is_that_of_the_whole_item(events: list[Event]) -> None:
    for item in results(events).items:
        whole = item.whole()
        assert isinstance(whole, ItemResult)
        for name in ItemResult.model_fields:
            assert getattr(item, name) == getattr(whole, name), name
        assert item.tolerates == whole.tolerates


@given(st.lists(EVENTS, max_size=12), st.booleans())
def test_the_content_of_a_view_is_that_of_the_whole_item(events: list[Event], whole_records: bool) -> None:
    """Records hold every field, as they are read from a journal, or only those that are not the default."""
    history = reduce_journal(begun(ITEMS))
    for event in events:
        history.note(event, compact_json(event.model_dump()).encode() if whole_records else None)
    for item in results_of(history).items:
        whole = item.whole().model_dump()
        assert ascii_json(item.content()) == ascii_json(whole)
        assert [vars_of(each) for each in item.executions] == [vars_of(each) for each in item.attempts]
        assert item.changed == len(item.files_changed)


@given(st.lists(EVENTS, max_size=12))
def test_results_that_are_written_and_read_are_the_same(events: list[Event]) -> None:
    result = results(events)
    read = RunResult.model_validate(json.loads(result.model_dump_json()))
    assert read.model_dump() == result.model_dump()
    assert len(result.items) == ITEMS


@given(ENDS)
def test_a_packed_end_is_the_record_when_it_is_unpacked(end: AgentFinished) -> None:
    unpacked = pack_end(end).unpacked()
    assert unpacked == end
    assert [str(each) for step in unpacked.steps for each in step.captured.values()] == [
        str(each) for step in end.steps for each in step.captured.values()
    ]


def test_items_are_taken_by_index_and_by_slice() -> None:
    items = results([*executed(1)]).items
    assert [item.id for item in items[1:]] == [1, 2]
    assert items[-1].id == 2
    assert items[1].state == "cancelled"
    assert items[0].state == "not_run"


def test_fields_of_an_item_are_read_from_one_record_and_make_no_whole_item() -> None:
    """2,000 items, of which every tenth failed and the last thousand never ran: calls are counted, not seconds."""
    count, ran = 2_000, 1_000
    failure = ErrorRecord(kind="step_failed", message="it failed")
    ends: list[Event] = [
        AgentFinished(item_id=id, number=1, state="failed", seconds=0.1, error=failure)
        if id % 10 == 0
        else AgentFinished(item_id=id, number=1, state="unchanged", seconds=0.1)
        for id in range(ran)
    ]
    items = results_of(reduce_journal([*begun(count), *ends])).items
    with (
        patch.object(recorded_items, "_item_result") as made,
        patch.object(PackedEnd, "unpacked", autospec=True, side_effect=PackedEnd.unpacked) as read,
    ):
        for item in items:
            for name in ItemResult.model_fields:
                getattr(item, name)
    assert made.call_count == 0
    assert read.call_count == ran
