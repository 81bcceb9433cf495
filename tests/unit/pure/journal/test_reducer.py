from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.events import AgentStarted, Event, HeadKept, ItemLanded
from prodigy_action.pure.journal.aggregation import check_accounting, results_of
from prodigy_action.pure.journal.reducer import RunHistory, reduce_journal
from prodigy_action.pure.journal.resume_state import earlier_run
from tests.support.journals import begun, executed, run_started

ITEMS = 3
STEPS = st.one_of(
    st.builds(lambda item: executed(item), st.integers(0, ITEMS - 1)),
    st.builds(lambda item: executed(item, "failed"), st.integers(0, ITEMS - 1)),
    st.builds(lambda item: [AgentStarted(item_id=item)], st.integers(0, ITEMS - 1)),
    st.builds(lambda item: [ItemLanded(item_id=item, commit="m")], st.integers(0, ITEMS - 1)),
    st.just([HeadKept(head_sha="m")]),
    st.just([run_started(2)]),
)


def events_of(steps: list[list[Event]]) -> list[Event]:
    return [*begun(ITEMS), *(event for step in steps for event in step)]


@given(st.lists(STEPS, max_size=12), st.lists(STEPS, max_size=6))
def test_folding_goes_on_where_it_stopped(before: list[list[Event]], after: list[list[Event]]) -> None:
    history = reduce_journal(events_of(before))
    for step in after:
        for event in step:
            history.note(event)
    assert history == reduce_journal(events_of([*before, *after]))


@given(st.lists(STEPS, max_size=12), st.lists(STEPS, max_size=6))
def test_a_copy_and_an_earlier_run_do_not_see_what_is_noted_later(
    before: list[list[Event]], after: list[list[Event]]
) -> None:
    history = reduce_journal(events_of(before))
    copy, earlier = history.copy(), earlier_run(history)
    for step in after:
        for event in step:
            history.note(event)
    assert copy == reduce_journal(events_of(before))
    assert earlier == earlier_run(copy)


@given(st.lists(STEPS, max_size=16))
def test_what_counts_as_landed_for_the_results_is_finished_for_a_resume(steps: list[list[Event]]) -> None:
    history = reduce_journal(events_of(steps))
    result, earlier = results_of(history), earlier_run(history)
    check_accounting(result)
    assert earlier is not None
    for item in result.items:
        if item.state == "succeeded":
            assert earlier.progress[item.id] == "finished"
        if item.state in ("failed", "conflicted"):
            assert earlier.progress[item.id] == "failed"


def test_nothing_is_known_before_the_first_record() -> None:
    assert earlier_run(RunHistory()) is None
