"""From the journal to the results: every planned item in exactly one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prodigy_action.errors import AccountingBroken
from prodigy_action.model.events import (
    ErrorRecord,
    Event,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    PlannedItem,
)
from prodigy_action.model.results import (
    Attempt,
    Conflict,
    Counts,
    ItemResult,
    ItemState,
    PhaseResult,
    RunResult,
    WorkflowIdentity,
)
from prodigy_action.pure.journal.reducer import ItemHistory, RunHistory, reduce_journal
from prodigy_action.pure.journal.reproduction import reproduce_command
from prodigy_action.pure.steps.agent_program import total_usage
from prodigy_action.pure.text.timestamps import seconds_between

ONLY_PLANNED = "planned for the jobs of the map"
"""Why an item is not run by the job that only plans."""
UNCOMMITTED_MOST = 100
"""How many paths an item's result names of those that it did not commit."""


def fold_events(events: Iterable[Event]) -> RunResult:
    """The results of a journal. Raises `ValueError` for a journal without a start."""
    return results_of(reduce_journal(events))


def results_of(journal: RunHistory) -> RunResult:
    """The results of a history. Raises `ValueError` for a history without a start.

    An item whose last execution started and did not end is `cancelled`, and so is one whose execution made commits
    that no record says landed (the run ended before its turn); one that never started is `not_run`. Records of items
    that were not planned are left out.
    """
    if journal.run is None:
        raise ValueError("the journal has no run_started record")
    items = [_item_result(planned, journal) for planned in (journal.planned.items if journal.planned else ())]
    phases = _phases(journal, items)
    end = journal.finished
    published = journal.published
    return RunResult(
        run_id=journal.run.run_id,
        attempt=journal.run.attempt,
        result=end.result if end is not None else "cancelled",
        exit_code=end.exit_code if end is not None else 143,
        message=end.message if end is not None else "the run did not end",
        workflow=WorkflowIdentity(
            name=journal.run.workflow_name, path=journal.run.workflow_path, sha256=journal.run.workflow_sha256
        ),
        phase=journal.run.phase,
        shard=journal.run.shard,
        base_sha=journal.run.base_sha,
        head_sha=published.head_sha if published is not None else journal.run.base_sha,
        branch=published.branch if published is not None else None,
        checkout_updated=published is not None and published.checkout,
        checkout_reason=published.reason if published is not None else None,
        refs=published.refs if published is not None else [],
        missing=published.missing if published is not None else [],
        missing_reason=published.failure if published is not None else None,
        image=journal.inputs.image if journal.inputs is not None else None,
        started_at=journal.run.at,
        seconds=seconds_between(journal.run.at, journal.last_at) or 0.0,
        counts=count_items(journal),
        phases=phases,
        agent=total_usage([*(item.agent for item in items), *(phase.agent for phase in phases.values())]),
        items=items,
    )


def _item_result(planned: PlannedItem, journal: RunHistory) -> ItemResult:
    facts = journal.items[planned.id]
    end = facts.end
    attempts = _attempts(facts, journal.last_at)
    state, reason, error = _state(facts, journal)
    conflict = facts.landing if isinstance(facts.landing, ItemConflicted) else None
    return ItemResult(
        id=planned.id,
        key=planned.key,
        item=planned.item,
        state=state,
        reason=reason,
        seconds=round(sum(attempt.seconds for attempt in attempts), 3),
        attempts=attempts,
        commits=end.commits if end is not None else [],
        files_changed=end.files_changed if end is not None else [],
        uncommitted=end.uncommitted[:UNCOMMITTED_MOST] if end is not None else [],
        steps=end.steps if end is not None else [],
        refs=[ref.shown() for ref in end.refs] if end is not None else [],
        error=error,
        landed_by=facts.landing.how if isinstance(facts.landing, ItemLanded) and state == "succeeded" else None,
        conflict=None if conflict is None else _conflict_of(conflict),
        log=end.log if end is not None else None,
        patch=_patch(facts, state),
        agent=total_usage(attempt.agent for attempt in attempts),
        reproduce=_reproduce(planned.id, state, journal),
    )


def _reproduce(item_id: int, state: ItemState, journal: RunHistory) -> str | None:
    if state not in ("failed", "timed_out", "conflicted") or journal.inputs is None:
        return None
    return reproduce_command(journal.inputs.given.results_dir, item_id)


def _patch(facts: ItemHistory, state: ItemState) -> str | None:
    own = facts.end.patch if facts.end is not None else None
    if isinstance(facts.landing, ItemConflicted | ItemLandingFailed):
        return facts.landing.patch or own
    if state in ("succeeded", "unchanged", "skipped"):
        return own
    # The patch of an earlier execution is kept unless the later execution left one of its own.
    return own or next((conflict.patch for conflict in facts.conflicts.values()), None)


def _conflict_of(event: ItemConflicted) -> Conflict:
    return Conflict(files=event.files, with_items=event.with_items)


def _attempts(facts: ItemHistory, last_at: str) -> list[Attempt]:
    unfinished = facts.unfinished_attempt(last_at)
    return [
        attempt.model_copy(update={"conflict": _conflict_of(facts.conflicts[attempt.number])})
        if attempt.number in facts.conflicts
        else attempt
        for attempt in (*facts.attempts, *([unfinished] if unfinished is not None else []))
    ]


def _state(facts: ItemHistory, journal: RunHistory) -> tuple[ItemState, str | None, ErrorRecord | None]:
    end = facts.end
    job = "all" if journal.run is None else journal.run.phase
    if facts.not_run is not None and (end is None or end.state == "cancelled"):
        return "not_run", facts.not_run.reason, None
    if facts.running:
        return "cancelled", "the run ended while it was running", None
    if end is None:
        return "not_run", ONLY_PLANNED if job == "setup" else "the run ended before it started", None
    match facts.landing:
        case ItemConflicted():
            return "conflicted", None, None
        case ItemLandingFailed():
            return "failed", None, facts.landing.error
        case None if end.state == "succeeded" and job != "map":
            return "cancelled", "its commits were recorded, and the run ended before they landed", None
        case _:
            return end.state, end.reason, end.error


def count_items(journal: RunHistory) -> Counts:
    """How many planned items a history has in each state, without the rest of `results_of`."""
    if journal.planned is None:
        return Counts()
    states = Counter[str](_state(journal.items[planned.id], journal)[0] for planned in journal.planned.items)
    return Counts(planned=len(journal.planned.items), selected_out=journal.planned.selected_out, **states)


def count_not_run(journal: RunHistory, reason: str) -> int:
    """How many planned items were not run for that reason."""
    planned = () if journal.planned is None else journal.planned.items
    return sum(_state(journal.items[each.id], journal)[:2] == ("not_run", reason) for each in planned)


def _phases(journal: RunHistory, items: Sequence[ItemResult]) -> dict[str, PhaseResult]:
    phases: dict[str, PhaseResult] = {}
    for name in ("setup", "map", "land", "reduce", "merge"):
        ended = journal.phases.get(name)
        begun = journal.begun.get(name)
        if ended is not None:
            phases[name] = PhaseResult(
                state=ended.state,
                started_at=begun.at if begun is not None else None,
                seconds=ended.seconds,
                batches=ended.batches,
                steps=ended.steps,
                error=ended.error,
                log=ended.log,
                agent=ended.agent,
            )
        elif begun is not None:
            seconds = seconds_between(begun.at, journal.last_at) or 0.0
            phases[name] = PhaseResult(state="cancelled", started_at=begun.at, seconds=seconds)
    if "map" in phases and journal.planned is not None:
        phases["map"] = _with_efficiency(phases["map"], journal.planned.max_parallel, items)
    return phases


def _with_efficiency(phase: PhaseResult, max_parallel: int, items: Sequence[ItemResult]) -> PhaseResult:
    spans = (_seconds_within(attempt, phase) for item in items for attempt in item.attempts)
    inside = [seconds for seconds in spans if seconds is not None]
    busy = round(sum(inside), 3)
    room = phase.seconds * min(max_parallel, max(len(inside), 1))
    efficiency = round(min(busy / room, 1.0), 3) if room > 0 else None
    return phase.model_copy(update={"max_parallel": max_parallel, "busy_seconds": busy, "efficiency": efficiency})


def _seconds_within(attempt: Attempt, phase: PhaseResult) -> float | None:
    """The seconds of an execution within the phase: 0 for an earlier attempt at the run, or after the map."""
    start = seconds_between(phase.started_at, attempt.started_at)
    if start is None:
        return None if phase.started_at else attempt.seconds
    return min(attempt.seconds, phase.seconds - start) if 0 <= start <= phase.seconds else None


def check_accounting(result: RunResult) -> None:
    """Raise `AccountingBroken` unless every planned item occurs once and the counts are those of the items."""
    states = result.counts.model_dump(exclude={"planned", "selected_out"})
    found = Counter[str](item.state for item in result.items)
    if sum(states.values()) != result.counts.planned or any(found[state] != count for state, count in states.items()):
        raise AccountingBroken(
            f"{result.counts.planned} items were planned, "
            f"the states add up to {sum(states.values())} ({_shown(states)}), "
            f"and the items are {_shown(found)}"
        )
    ids = Counter(item.id for item in result.items)
    if twice := [id for id, times in ids.items() if times > 1]:
        raise AccountingBroken(f"items {twice[:10]} are in the results more than once")


def _shown(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{state} {count}" for state, count in counts.items() if count) or "none"
