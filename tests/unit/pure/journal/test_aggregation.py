"""What a journal of several attempts comes to."""

from __future__ import annotations

from prodigy_action.model.events import AgentStarted, Event, HeadKept, ItemConflicted, ItemLanded, ItemNotRun
from prodigy_action.pure.journal.aggregation import fold_events
from tests.support.journals import begun, ended, executed, run_started


def states(events: list[Event]) -> list[str]:
    return [item.state for item in fold_events(events).items]


def test_an_execution_that_a_kill_cut_short_stays_among_the_attempts() -> None:
    result = fold_events([*begun(1), AgentStarted(item_id=0), run_started(2), *executed(0, number=2)])
    assert [(attempt.number, attempt.state) for attempt in result.items[0].attempts] == [
        (1, "cancelled"),
        (2, "succeeded"),
    ]


def test_a_landing_that_was_not_kept_counts_no_more_when_the_next_attempt_begins() -> None:
    landed = [*begun(1), *executed(0), ItemLanded(item_id=0, commit="m")]
    assert states(landed) == ["succeeded"]
    assert states([*landed, run_started(2)]) == ["cancelled"]
    assert states([*landed, HeadKept(head_sha="m"), run_started(2)]) == ["succeeded"]


def test_an_item_that_was_cut_short_and_is_left_out_then_is_not_run() -> None:
    events = [*begun(1), AgentStarted(item_id=0), run_started(2), ItemNotRun(item_id=0, reason="excluded by only")]
    result = fold_events(events)
    assert (result.items[0].state, result.items[0].reason) == ("not_run", "excluded by only")


def test_a_further_attempt_takes_the_verdict_of_the_earlier_one_back() -> None:
    events = [*begun(1), *executed(0), *ended()]
    assert fold_events(events).result == "success"
    assert fold_events([*events, run_started(2)]).result == "cancelled"
    assert fold_events([*events, run_started(2)]).attempt == 2


def test_a_failed_item_that_lands_later_is_no_failure_any_more() -> None:
    failed = [*begun(1), *executed(0, "failed")]
    assert states(failed) == ["failed"]
    assert states([*failed, run_started(2), *executed(0, number=2), ItemLanded(item_id=0, commit="m")]) == ["succeeded"]


def test_a_landing_of_a_new_execution_counts_only_when_a_later_head_holds_it() -> None:
    conflict = ItemConflicted(item_id=0, files=["f"], with_items=[])
    published = [*begun(1), *executed(0), conflict, HeadKept(head_sha="m"), run_started(2)]
    assert states(published) == ["conflicted"]
    landed = [*published, *executed(0, number=2), ItemLanded(item_id=0, commit="n")]
    assert states([*landed, run_started(3)]) == ["cancelled"]
    assert states([*landed, HeadKept(head_sha="n"), run_started(3)]) == ["succeeded"]
