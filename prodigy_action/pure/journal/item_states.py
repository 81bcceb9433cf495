"""The one state of a planned item, and why it is in it, from its history."""

from __future__ import annotations

from prodigy_action.model.events import (
    AgentFinished,
    ErrorRecord,
    ItemConflicted,
    ItemLandingFailed,
    JobPhase,
)
from prodigy_action.model.item_parts import ItemState
from prodigy_action.pure.journal.reducer import ItemHistory, RunHistory

ONLY_PLANNED = "planned for the jobs of the map"
"""Why an item is not run by the job that only plans."""


def job_of(journal: RunHistory) -> JobPhase:
    """What of the run the last attempt does."""
    return "all" if journal.run is None else journal.run.phase


def state_of(facts: ItemHistory, job: JobPhase) -> ItemState:
    """The state, without a look at the records."""
    end = facts.end
    if facts.not_run is not None and (end is None or end.state == "cancelled"):
        return "not_run"
    if facts.running:
        return "cancelled"
    if end is None:
        return "not_run"
    match facts.landing:
        case ItemConflicted():
            return "conflicted"
        case ItemLandingFailed():
            return "failed"
        case None if end.state == "succeeded" and job != "map":
            return "cancelled"
        case _:
            return end.state


def explain_state(
    facts: ItemHistory, job: JobPhase, end: AgentFinished | None
) -> tuple[ItemState, str | None, ErrorRecord | None]:
    """The state, the reason for it, and the error; `end` is the record of the last execution, when that has ended."""
    state = state_of(facts, job)
    if state == "not_run":
        never = ONLY_PLANNED if job == "setup" else "the run ended before it started"
        return state, facts.not_run if facts.not_run is not None else never, None
    if end is None:
        return state, "the run ended while it was running", None
    match facts.landing:
        case ItemConflicted():
            return state, None, None
        case ItemLandingFailed():
            return state, None, facts.landing.error
        case None if end.state == "succeeded" and job != "map":
            return state, "its commits were recorded, and the run ended before they landed", None
        case _:
            return state, end.reason, end.error
