"""The items of a run as views of its history: what is large of an item is read when it is asked for, and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.events import (
    ErrorRecord,
    ItemConflicted,
    ItemLandingFailed,
    LandedHow,
    MadeRef,
    PlannedItem,
    StepRecord,
)
from prodigy_action.model.item_parts import Attempt, Conflict, ItemState
from prodigy_action.model.item_view import ItemView, ItemViews
from prodigy_action.model.results import ItemResult
from prodigy_action.pure.journal.item_states import explain_state, job_of, state_of
from prodigy_action.pure.journal.reducer import ItemHistory, RunHistory
from prodigy_action.pure.journal.reproduction import reproduce_command
from prodigy_action.pure.steps.agent_program import total_usage

UNCOMMITTED_MOST = 100
"""How many paths an item's result names of those that it did not commit."""


class RecordedItems(ItemViews):
    """Every planned item of a history, in item order. The history must not change while they are in use."""

    __slots__ = ("_items", "_last", "_planned", "job", "last_at", "results_dir")

    def __init__(self, journal: RunHistory) -> None:
        self._planned: Sequence[PlannedItem] = journal.planned.items if journal.planned is not None else ()
        self._items = journal.items
        self._last: ItemResult | None = None
        self.job = job_of(journal)
        self.last_at = journal.last_at
        self.results_dir = journal.inputs.given.results_dir if journal.inputs is not None else None
        """What the user calls the results directory; None when no record says so."""

    def __len__(self) -> int:
        return len(self._planned)

    def __iter__(self) -> Iterator[ItemView]:
        return map(self._view, self._planned)

    @overload
    def __getitem__(self, index: int) -> ItemView: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ItemView]: ...
    def __getitem__(self, index: int | slice) -> ItemView | Sequence[ItemView]:
        if isinstance(index, slice):
            return [self._view(planned) for planned in self._planned[index]]
        return self._view(self._planned[index])

    def _view(self, planned: PlannedItem) -> ItemView:
        return RecordedItem(planned, self._items[planned.id], self)

    def read(self, planned: PlannedItem, facts: ItemHistory) -> ItemResult:
        """All of an item; the one that was read last is at hand."""
        if self._last is None or self._last.id != planned.id:
            self._last = _item_result(planned, facts, self)
        return self._last


class RecordedItem:
    """One item; fields that are not in its `ItemHistory` are read from the record of its last execution."""

    __slots__ = ("_facts", "_of", "_planned")

    def __init__(self, planned: PlannedItem, facts: ItemHistory, of: RecordedItems) -> None:
        self._planned = planned
        self._facts = facts
        self._of = of

    def whole(self) -> ItemResult:
        """The item with all its fields."""
        return self._of.read(self._planned, self._facts)

    @property
    def id(self) -> int:
        return self._planned.id

    @property
    def key(self) -> str:
        return self._planned.key

    @property
    def item(self) -> Any:
        return self._planned.item

    @property
    def state(self) -> ItemState:
        return state_of(self._facts, self._of.job)

    @property
    def seconds(self) -> float:
        return _seconds(self._facts, self._of.last_at)

    @property
    def attempts(self) -> list[Attempt]:
        return _attempts(self._facts, self._of.last_at)

    @property
    def agent(self) -> AgentUsage | None:
        return total_usage(each.agent for each in self._facts.ended)

    @property
    def landed_by(self) -> LandedHow | None:
        return _landed_by(self._facts, self.state)

    @property
    def conflict(self) -> Conflict | None:
        return _conflict(self._facts)

    @property
    def uncommitted(self) -> list[str]:
        end = self._facts.end
        return self.whole().uncommitted if end is not None and end.uncommitted else []

    @property
    def tolerates(self) -> bool:
        end = self._facts.end
        return end is not None and end.tolerates

    @property
    def reason(self) -> str | None:
        return self.whole().reason

    @property
    def commits(self) -> list[str]:
        return self.whole().commits

    @property
    def files_changed(self) -> list[str]:
        return self.whole().files_changed

    @property
    def steps(self) -> list[StepRecord]:
        return self.whole().steps

    @property
    def refs(self) -> list[MadeRef]:
        return self.whole().refs

    @property
    def error(self) -> ErrorRecord | None:
        return self.whole().error

    @property
    def log(self) -> str | None:
        return self.whole().log

    @property
    def patch(self) -> str | None:
        return self.whole().patch

    @property
    def reproduce(self) -> str | None:
        return self.whole().reproduce


def _item_result(planned: PlannedItem, facts: ItemHistory, run: RecordedItems) -> ItemResult:
    end = None if facts.end is None else facts.end.unpacked()
    attempts = _attempts(facts, run.last_at)
    state, reason, error = explain_state(facts, run.job, end)
    lost = state in ("failed", "timed_out", "conflicted")
    return ItemResult(
        id=planned.id,
        key=planned.key,
        item=planned.item,
        state=state,
        reason=reason,
        seconds=_seconds(facts, run.last_at),
        attempts=attempts,
        commits=end.commits if end is not None else [],
        files_changed=end.files_changed if end is not None else [],
        uncommitted=end.uncommitted[:UNCOMMITTED_MOST] if end is not None else [],
        steps=end.steps if end is not None else [],
        refs=[ref.shown() for ref in end.refs] if end is not None else [],
        error=error,
        landed_by=_landed_by(facts, state),
        conflict=_conflict(facts),
        log=end.log if end is not None else None,
        patch=_patch(facts, state, end.patch if end is not None else None),
        agent=total_usage(attempt.agent for attempt in attempts),
        reproduce=reproduce_command(run.results_dir, planned.id) if lost and run.results_dir is not None else None,
    )


def _landed_by(facts: ItemHistory, state: ItemState) -> LandedHow | None:
    return facts.landing if isinstance(facts.landing, str) and state == "succeeded" else None


def _conflict(facts: ItemHistory) -> Conflict | None:
    return _conflict_of(facts.landing) if isinstance(facts.landing, ItemConflicted) else None


def _conflict_of(event: ItemConflicted) -> Conflict:
    return Conflict(files=event.files, with_items=event.with_items)


def _patch(facts: ItemHistory, state: ItemState, own: str | None) -> str | None:
    if isinstance(facts.landing, ItemConflicted | ItemLandingFailed):
        return facts.landing.patch or own
    if state in ("succeeded", "unchanged", "skipped"):
        return own
    # The patch of an earlier execution is kept unless the later execution left one of its own.
    return own or next((conflict.patch for conflict in facts.conflicts.values()), None)


def _seconds(facts: ItemHistory, last_at: str) -> float:
    return round(sum((each.seconds for each in facts.executions_until(last_at)), 0.0), 3)


def _attempts(facts: ItemHistory, last_at: str) -> list[Attempt]:
    found = [each.attempt() for each in facts.executions_until(last_at)]
    if not facts.conflicts:
        return found
    return [
        attempt.model_copy(update={"conflict": _conflict_of(facts.conflicts[attempt.number])})
        if attempt.number in facts.conflicts
        else attempt
        for attempt in found
    ]
