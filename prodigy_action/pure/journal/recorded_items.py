"""The items of a run as views of its history: what is large of an item is read when it is asked for, and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.events import (
    AgentFinished,
    ErrorRecord,
    LandedHow,
    MadeRef,
    PlannedItem,
    StepRecord,
)
from prodigy_action.model.item_parts import Attempt, Conflict, ItemState
from prodigy_action.model.item_view import ExecutionView, ItemView, ItemViews
from prodigy_action.model.results import ItemResult
from prodigy_action.pure.journal.item_states import (
    conflict_of,
    executions_of,
    explain_state,
    job_of,
    landed_by,
    patch_of,
    reproduce_of,
    seconds_of,
    state_of,
)
from prodigy_action.pure.journal.packed_end import PackedEnd
from prodigy_action.pure.journal.recorded_content import UNCOMMITTED_MOST, recorded_content
from prodigy_action.pure.journal.reducer import ItemHistory, RunHistory
from prodigy_action.pure.steps.agent_program import total_usage


class RecordedItems(ItemViews):
    """Every planned item of a history, in item order. The history must not change while they are in use."""

    __slots__ = ("_items", "_last", "_planned", "_read", "job", "last_at", "results_dir")

    def __init__(self, journal: RunHistory) -> None:
        self._planned: Sequence[PlannedItem] = journal.planned.items if journal.planned is not None else ()
        self._items = journal.items
        self._last: AgentFinished | None = None
        self._read: PackedEnd | None = None
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

    def end_of(self, facts: ItemHistory) -> AgentFinished | None:
        """The record of an item's last end, when there is one; the one that was read last is at hand."""
        packed = facts.end
        if packed is None:
            return None
        if self._last is None or self._read is not packed:
            self._last, self._read = packed.unpacked(), packed
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
        return _item_result(self._planned, self._facts, self._of)

    def content(self) -> dict[str, Any]:
        """The item as JSON values: every field, in order."""
        return recorded_content(self._planned, self._facts, self._of.job, self._of.last_at, self._of.results_dir)

    def _end(self) -> AgentFinished | None:
        return self._of.end_of(self._facts)

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
        return seconds_of(self._facts.executions_until(self._of.last_at))

    @property
    def attempts(self) -> list[Attempt]:
        return [each.attempt() for each in executions_of(self._facts, self._of.last_at)]

    @property
    def executions(self) -> Sequence[ExecutionView]:
        return executions_of(self._facts, self._of.last_at)

    @property
    def changed(self) -> int:
        end = self._facts.end
        return end.files if end is not None else 0

    @property
    def agent(self) -> AgentUsage | None:
        return total_usage(each.agent for each in self._facts.ended)

    @property
    def landed_by(self) -> LandedHow | None:
        return landed_by(self._facts, self.state)

    @property
    def conflict(self) -> Conflict | None:
        return conflict_of(self._facts)

    @property
    def uncommitted(self) -> list[str]:
        end = self._facts.end
        return _uncommitted(self._end()) if end is not None and end.uncommitted else []

    @property
    def tolerates(self) -> bool:
        end = self._facts.end
        return end is not None and end.tolerates

    @property
    def reason(self) -> str | None:
        return explain_state(self._facts, self._of.job, self._end())[1]

    @property
    def commits(self) -> list[str]:
        end = self._end()
        return end.commits if end is not None else []

    @property
    def files_changed(self) -> list[str]:
        end = self._end()
        return end.files_changed if end is not None else []

    @property
    def steps(self) -> list[StepRecord]:
        end = self._end()
        return end.steps if end is not None else []

    @property
    def refs(self) -> list[MadeRef]:
        return _refs(self._end())

    @property
    def error(self) -> ErrorRecord | None:
        return explain_state(self._facts, self._of.job, self._end())[2]

    @property
    def log(self) -> str | None:
        end = self._end()
        return end.log if end is not None else None

    @property
    def patch(self) -> str | None:
        end = self._end()
        return patch_of(self._facts, self.state, end.patch if end is not None else None)

    @property
    def reproduce(self) -> str | None:
        return reproduce_of(self._of.results_dir, self.id, self.state)


def _item_result(planned: PlannedItem, facts: ItemHistory, run: RecordedItems) -> ItemResult:
    end = run.end_of(facts)
    executions = executions_of(facts, run.last_at)
    state, reason, error = explain_state(facts, run.job, end)
    return ItemResult(
        id=planned.id,
        key=planned.key,
        item=planned.item,
        state=state,
        reason=reason,
        seconds=seconds_of(executions),
        attempts=[each.attempt() for each in executions],
        commits=end.commits if end is not None else [],
        files_changed=end.files_changed if end is not None else [],
        uncommitted=_uncommitted(end),
        steps=end.steps if end is not None else [],
        refs=_refs(end),
        error=error,
        landed_by=landed_by(facts, state),
        conflict=conflict_of(facts),
        log=end.log if end is not None else None,
        patch=patch_of(facts, state, end.patch if end is not None else None),
        agent=total_usage(each.agent for each in executions),
        reproduce=reproduce_of(run.results_dir, planned.id, state),
    )


def _uncommitted(end: AgentFinished | None) -> list[str]:
    return end.uncommitted[:UNCOMMITTED_MOST] if end is not None else []


def _refs(end: AgentFinished | None) -> list[MadeRef]:
    return [ref.shown() for ref in end.refs] if end is not None else []
