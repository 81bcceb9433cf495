"""What the history of a planned item says: the one state it is in, why, how it landed, what it left."""

from __future__ import annotations

from typing import Protocol, TypeVar

from prodigy_action.model.events import (
    ErrorRecord,
    FinishedState,
    ItemConflicted,
    ItemLandingFailed,
    JobPhase,
    LandedHow,
)
from prodigy_action.model.item_parts import Conflict, ItemState
from prodigy_action.pure.journal.packed_end import Execution
from prodigy_action.pure.journal.reducer import ItemHistory, RunHistory
from prodigy_action.pure.journal.reproduction import reproduce_command

ErrorT = TypeVar("ErrorT", covariant=True)
ONLY_PLANNED = "planned for the jobs of the map"
"""Why an item is not run by the job that only plans."""


class EndOfItem(Protocol[ErrorT]):
    """What the end of an execution says about the state."""

    @property
    def state(self) -> FinishedState: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def error(self) -> ErrorT | None: ...


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
    facts: ItemHistory, job: JobPhase, end: EndOfItem[ErrorT] | None
) -> tuple[ItemState, str | None, ErrorT | ErrorRecord | None]:
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


def reproduce_of(results_dir: str | None, item_id: int, state: ItemState) -> str | None:
    """The command that executes a failed item once more; None for others."""
    lost = state in ("failed", "timed_out", "conflicted")
    return reproduce_command(results_dir, item_id) if lost and results_dir is not None else None


def landed_by(facts: ItemHistory, state: ItemState) -> LandedHow | None:
    """How the commits of an item landed; None when they did not."""
    return facts.landing if isinstance(facts.landing, str) and state == "succeeded" else None


def conflict_of(facts: ItemHistory) -> Conflict | None:
    """Why its commits do not merge."""
    return _conflict(facts.landing) if isinstance(facts.landing, ItemConflicted) else None


def patch_of(facts: ItemHistory, state: ItemState, own: str | None) -> str | None:
    """The patch of what did not land; `own` is that of the last execution."""
    if isinstance(facts.landing, ItemConflicted | ItemLandingFailed):
        return facts.landing.patch or own
    if state in ("succeeded", "unchanged", "skipped"):
        return own
    # The patch of an earlier execution is kept unless the later execution left one of its own.
    return own or next((conflict.patch for conflict in facts.conflicts.values()), None)


def executions_of(facts: ItemHistory, last_at: str) -> tuple[Execution, ...]:
    """Its executions, each with the conflict that followed; the run ended at `last_at`."""
    found, conflicts = facts.executions_until(last_at), facts.conflicts
    if not conflicts:
        return found
    return tuple(
        each._replace(conflict=_conflict(conflicts[each.number])) if each.number in conflicts else each
        for each in found
    )


def seconds_of(executions: tuple[Execution, ...]) -> float:
    """The time of all executions together."""
    return round(sum([each.seconds for each in executions], 0.0), 3)


def _conflict(event: ItemConflicted) -> Conflict:
    return Conflict(files=event.files, with_items=event.with_items)
