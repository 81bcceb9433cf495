"""From the journal to the results: every planned item in exactly one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

from prodigy_action.errors import AccountingBroken
from prodigy_action.model.events import Event
from prodigy_action.model.results import Counts, PhaseResult, RunResult, WorkflowIdentity
from prodigy_action.pure.journal.item_states import explain_state, job_of, state_of
from prodigy_action.pure.journal.packed_end import Execution
from prodigy_action.pure.journal.recorded_items import RecordedItems
from prodigy_action.pure.journal.reducer import RunHistory, reduce_journal
from prodigy_action.pure.steps.agent_program import total_usage
from prodigy_action.pure.text.timestamps import seconds_between


def fold_events(events: Iterable[Event]) -> RunResult:
    """The results of a journal. Raises `ValueError` for a journal without a start."""
    return results_of(reduce_journal(events))


def results_of(journal: RunHistory) -> RunResult:
    """The results of a history. Raises `ValueError` for a history without a start.

    An item whose last execution started and did not end is `cancelled`, and so is one whose execution made commits
    that no record says landed (the run ended before its turn); one that never started is `not_run`. Records of items
    that were not planned are left out. The items are read from the history when they are asked for: it must not change
    while its results are in use.
    """
    if journal.run is None:
        raise ValueError("the journal has no run_started record")
    items = RecordedItems(journal)
    phases = _phases(journal)
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
        agent=total_usage(chain((item.agent for item in items), (phase.agent for phase in phases.values()))),
        items=items,
    )


def count_items(journal: RunHistory) -> Counts:
    """How many planned items a history has in each state, without the rest of `results_of`."""
    if journal.planned is None:
        return Counts()
    job = job_of(journal)
    states = Counter[str](state_of(journal.items[planned.id], job) for planned in journal.planned.items)
    return Counts(planned=len(journal.planned.items), selected_out=journal.planned.selected_out, **states)


def count_not_run(journal: RunHistory, reason: str) -> int:
    """How many planned items were not run for that reason."""
    planned, job = () if journal.planned is None else journal.planned.items, job_of(journal)
    return sum(explain_state(journal.items[each.id], job, None)[:2] == ("not_run", reason) for each in planned)


def _phases(journal: RunHistory) -> dict[str, PhaseResult]:
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
        planned = journal.planned
        executions = (
            each for item in planned.items for each in journal.items[item.id].executions_until(journal.last_at)
        )
        phases["map"] = _with_efficiency(phases["map"], planned.max_parallel, executions)
    return phases


def _with_efficiency(phase: PhaseResult, max_parallel: int, executions: Iterable[Execution]) -> PhaseResult:
    spans = (_seconds_within(each, phase) for each in executions)
    inside = [seconds for seconds in spans if seconds is not None]
    busy = round(sum(inside), 3)
    room = phase.seconds * min(max_parallel, max(len(inside), 1))
    efficiency = round(min(busy / room, 1.0), 3) if room > 0 else None
    return phase.model_copy(update={"max_parallel": max_parallel, "busy_seconds": busy, "efficiency": efficiency})


def _seconds_within(execution: Execution, phase: PhaseResult) -> float | None:
    """The seconds of an execution within the phase: 0 for an earlier attempt at the run, or after the map."""
    start = seconds_between(phase.started_at, execution.started_at)
    if start is None:
        return None if phase.started_at else execution.seconds
    return min(execution.seconds, phase.seconds - start) if 0 <= start <= phase.seconds else None


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
