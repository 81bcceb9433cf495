from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    HeadKept,
    ItemConflicted,
    ItemLanded,
    PhaseFinished,
    Published,
    PublishedPart,
)
from prodigy_action.pure.journal.reducer import reduce_journal
from prodigy_action.pure.journal.resume_plan import (
    NOT_REDRIVEN,
    Redrive,
    ResumePlan,
    plan_resume,
    why_setup_repeats,
)
from prodigy_action.pure.journal.resume_state import earlier_run
from tests.support.journals import begun, ended, executed, run_started

PHASES = ("map", "land")


def planned(events: Sequence[Event], redrive: Redrive = "failed", **given: object) -> ResumePlan:
    earlier = earlier_run(reduce_journal(events))
    assert earlier is not None
    return plan_resume(earlier, redrive, phases=PHASES, **given)  # type: ignore[arg-type]


def ids(plan: ResumePlan) -> list[int]:
    return [assignment.id for assignment in plan.rerun]


def test_a_journal_without_a_plan_cannot_be_resumed() -> None:
    assert earlier_run(reduce_journal([])) is None
    assert earlier_run(reduce_journal(begun(2)[:3])) is None


def test_what_never_ran_or_was_running_runs_again_and_what_ended_does_not() -> None:
    events = [*begun(4), *executed(0), AgentStarted(item_id=1), *executed(3, "unchanged")]
    plan = planned(events)
    assert ids(plan) == [1, 2]
    assert [record.item_id for record in plan.finished_before] == [0, 3]
    assert plan.decided_now == (0, 1, 2, 3)


@pytest.mark.parametrize(("redrive", "rerun"), (("failed", [0, 2, 3]), ("unfinished", [3]), ("none", [])))
def test_redrive_chooses_between_failed_and_unfinished_items(redrive: Redrive, rerun: list[int]) -> None:
    conflict = ItemConflicted(item_id=2, files=["f"], with_items=[1])
    events = [*begun(4), *executed(0, "failed"), *executed(1), *executed(2), conflict]
    plan = planned(events, redrive)
    assert ids(plan) == rerun
    assert plan.left_out == (((3, NOT_REDRIVEN),) if redrive == "none" else ())


def test_an_item_whose_next_execution_was_due_is_unfinished() -> None:
    *events, last = [*begun(1), *executed(0, "failed")]
    assert isinstance(last, AgentFinished)
    assert ids(planned([*events, last.model_copy(update={"retried": True})], "unfinished")) == [0]


def test_only_leaves_unfinished_items_out_for_its_reason_and_others_as_they_are() -> None:
    events = [*begun(3), *executed(0, "failed")]
    plan = planned(events, is_chosen=lambda each: each.id == 1, excluded="not asked for")
    assert ids(plan) == [1]
    assert plan.left_out == ((2, "not asked for"),)


def test_an_item_that_waits_for_its_further_execution_is_not_executed_from_the_start_again() -> None:
    waiting = ItemConflicted(item_id=1, files=["f"], with_items=[0], rerun=True)
    plan = planned([*begun(2), *executed(0), *executed(1), waiting])
    assert ids(plan) == []


def test_a_run_that_came_to_its_end_has_nothing_left() -> None:
    events = [*begun(1), *executed(0), ItemLanded(item_id=0, commit="m"), *ended()]
    assert planned(events, in_checkout={"merged"}).nothing_to_do
    elsewhere = planned(events)
    assert not elsewhere.nothing_to_do, "this checkout does not have the result"
    assert elsewhere.publish_only is not None


@pytest.mark.parametrize("part", ("bundle", "branch", "checkout"))
def test_a_run_with_a_part_missing_is_only_published(part: PublishedPart) -> None:
    *before, published, verdict = ended()
    assert isinstance(published, Published)
    events = [*begun(1), *executed(0), ItemLanded(item_id=0, commit="m"), *before]
    plan = planned([*events, published.model_copy(update={"missing": [part]}), verdict], in_checkout={"merged"})
    assert not plan.nothing_to_do
    assert plan.publish_only is not None


def test_a_run_that_was_about_to_publish_is_only_published() -> None:
    plan = planned([*begun(1), *executed(0), ItemLanded(item_id=0, commit="m"), *ended()[:-1]])
    assert not plan.nothing_to_do
    assert plan.publish_only is not None
    assert plan.publish_only.head == "merged"


def test_a_phase_that_did_not_end_is_gone_through_again() -> None:
    events = [*begun(1), *executed(0), *ended()[:2], HeadKept(head_sha="merged")]
    assert planned(events).publish_only is None
    assert planned([*events, PhaseFinished(phase="land", state="failed", seconds=0)]).publish_only is None


def test_further_items_land_on_what_the_checkout_has() -> None:
    events = [*begun(2), *executed(0), ItemLanded(item_id=0, commit="m"), *executed(1, "failed"), *ended()]
    apart = planned(events)
    assert (apart.land_on, apart.landed_before) == (None, frozenset())
    plan = planned(events, in_checkout={"merged"})
    assert plan.land_on is not None
    assert (plan.land_on.head, plan.land_on.landed) == ("merged", {0: "c0"})
    assert ids(plan) == [1]


def test_landings_that_nothing_was_published_of_are_done_anew() -> None:
    events = [*begun(2), *executed(0), ItemLanded(item_id=0, commit="m"), run_started(2), *executed(1), *ended()]
    plan = planned(events, in_checkout={"merged"})
    assert plan.land_on is not None
    assert plan.land_on.landed == {}


def test_an_item_that_was_executed_again_since_its_head_was_published_lands_on_that_head() -> None:
    conflict = ItemConflicted(item_id=1, files=["f"], with_items=[0])
    landed = [*begun(2), *executed(0), ItemLanded(item_id=0, commit="m"), *executed(1), conflict, *ended()]
    again = [*landed, run_started(2), *executed(1, number=2), ItemLanded(item_id=1, commit="n")]
    plan = planned(again, in_checkout={"merged"})
    assert ids(plan) == []
    assert plan.publish_only is None
    assert plan.landed_before == {0}


def test_executions_are_counted_over_all_attempts() -> None:
    events = [*begun(2), *executed(0, "failed"), run_started(2), *executed(0, "failed", number=2)]
    plan = planned(events)
    assert (plan.earlier.executions, plan.earlier.attempt) == ({0: 2, 1: 0}, 2)
    assert plan.earlier.variables == {"v": "1"}


def test_setup_repeats_only_for_a_reason() -> None:
    plan = planned([*begun(1)])
    assert why_setup_repeats(plan, {"setup.steps": "a"}) is None
    assert "setup.steps" in (why_setup_repeats(plan, {"setup.steps": "b"}) or "")
    lost = planned([*begun(1)], carried_lost=True)
    assert "not kept any more" in (why_setup_repeats(lost, {"setup.steps": "a"}) or "")


@given(
    st.lists(st.sampled_from(("unstarted", "running", "succeeded", "unchanged", "skipped", "failed")), min_size=1),
    st.sampled_from(("failed", "unfinished", "none")),
)
def test_every_item_is_run_left_out_or_finished_and_what_went_well_is_never_run(
    states: list[str], redrive: Redrive
) -> None:
    events = begun(len(states))
    for item, state in enumerate(states):
        if state == "running":
            events.append(AgentStarted(item_id=item))
        elif state != "unstarted":
            events += executed(item, state)
    plan = planned(events, redrive)
    left_out = {item for item, _ in plan.left_out}
    finished = {record.item_id for record in plan.finished_before}
    assert sorted([*ids(plan), *left_out, *finished]) == list(range(len(states)))
    assert not {item for item, state in enumerate(states) if state in ("succeeded", "unchanged", "skipped")} & {
        *ids(plan),
        *left_out,
    }
