"""The state of a run, folded from the records of its journal one by one.

Results, `${map.*}`, progress and resume all read this state: there is one definition of what a new execution of an
item, and a new attempt at the run, replace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from sys import intern
from typing import TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    HeadKept,
    InputsGiven,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    ItemNotRun,
    KeptObjects,
    LandedHow,
    MadeRef,
    PhaseFinished,
    PhaseStarted,
    Planned,
    Published,
    RunFinished,
    RunStarted,
    StartKept,
)
from prodigy_action.pure.journal.packed_end import Execution, PackedEnd, pack_end
from prodigy_action.pure.text.timestamps import seconds_between

WORKTREE_CHANGED = "WorktreeChanged"
"""The kind of error of a map whose items changed the worktree that they share."""
ItemEvent: TypeAlias = AgentStarted | AgentFinished | ItemLanded | ItemConflicted | ItemLandingFailed | ItemNotRun
_NO_CONFLICTS: Mapping[int, ItemConflicted] = {}


@dataclass(slots=True)
class ItemHistory:
    """The history of one item. A new execution replaces the records of the landing before it.

    There is one for every item until the run ends: it keeps no record, but what is asked of every item and the text of
    the last end.
    """

    started_at: str | None = None
    """When the last execution started; None when none did."""
    begun: int = 0
    """The number of the execution that started last."""
    running: bool = False
    """Whether that execution has no end on record."""
    cut_off: bool = False
    """Whether it never gets one, because a new attempt at the run has begun since; then it is among the attempts."""
    executions: int = 0
    """The number of the last execution; 0 when there was none."""
    ended: tuple[Execution, ...] = ()
    """The executions that ended or were cut off."""
    last: PackedEnd | None = None
    """The last end of an execution."""
    conflicts: Mapping[int, ItemConflicted] = field(default_factory=lambda: _NO_CONFLICTS)
    """By the number of the execution whose commits did not merge."""
    landing: LandedHow | ItemConflicted | ItemLandingFailed | None = None
    """How its commits landed, or why they did not."""
    not_run: str | None = None
    """Why it did not run."""
    void: bool = False
    """Whether its last end does not count, because the items changed the worktree that they share."""

    @property
    def end(self) -> PackedEnd | None:
        """How the last execution ended; None while that is not on record."""
        return None if self.running else self.last

    def note(self, event: ItemEvent, text: bytes | None = None) -> None:
        """Take one record of this item into account; `text` is its JSON where that is known."""
        match event:
            case AgentStarted():
                self.started_at, self.begun, self.running, self.cut_off = event.at, event.number, True, False
                self.executions = max(self.executions, event.number)
                self.landing, self.not_run, self.void = None, None, False
            case AgentFinished():
                self.running, self.last = False, pack_end(event, text)
                self.ended += (self._execution(event),)
            case ItemNotRun():
                self.not_run = intern(event.reason)
            case ItemLanded():
                self.landing = event.how
            case _:
                self.landing = event
                if isinstance(event, ItemConflicted) and self.ended:
                    self.conflicts = {**self.conflicts, self.ended[-1].number: event}

    def _execution(self, end: AgentFinished) -> Execution:
        return Execution(
            number=end.number,
            state=end.state,
            started_at=self.started_at if self.begun == end.number else None,
            seconds=end.seconds,
            slot=end.slot,
            error=intern(end.error.message) if end.error is not None else None,
            agent=end.agent,
        )

    def unfinished_execution(self, at: str) -> Execution | None:
        """The execution that has no end, as cancelled at this time; None when there is none."""
        if not self.running or self.cut_off or self.started_at is None:
            return None
        seconds = seconds_between(self.started_at, at) or 0.0
        return Execution(number=self.begun, state="cancelled", started_at=self.started_at, seconds=seconds)

    def executions_until(self, at: str) -> tuple[Execution, ...]:
        """All executions; the one that has no end counts as cancelled at this time."""
        unfinished = self.unfinished_execution(at)
        return self.ended if unfinished is None else (*self.ended, unfinished)

    def begin_attempt(self, at: str, *, landed: bool) -> None:
        """A new attempt at the run begins; the earlier one ended `at`. Only what has `landed` for good stays landed."""
        if (execution := self.unfinished_execution(at)) is not None:
            self.ended += (execution,)
            self.cut_off = True
        if not landed:
            self.landing = None


@dataclass(frozen=True, slots=True)
class RecordedHead:
    """A merged head that an attempt was about to publish.

    It holds the `landed` items, by id their last commit. `decided` are the items whose landing was decided and which
    it does not hold; `phases` those that had succeeded.
    """

    head: str
    landed: dict[int, str]
    decided: frozenset[int]
    phases: frozenset[str]

    def decides(self, item_id: int) -> bool:
        """Whether the landing of this item was decided before the head was recorded."""
        return item_id in self.landed or item_id in self.decided

    def without(self, item_id: int) -> RecordedHead:
        """The same head for an item that is executed again: its new commits are not decided by it."""
        return replace(self, decided=self.decided - {item_id}) if item_id in self.decided else self


@dataclass(slots=True)
class RunHistory:
    """The history of the run so far; later records replace earlier ones where both are about the same."""

    first: RunStarted | None = None
    """The start of the first attempt."""
    run: RunStarted | None = None
    """The start of the last attempt."""
    inputs: InputsGiven | None = None
    """The inputs of the last attempt that recorded them; None in journals of version 0.1.0."""
    any_phase_begun: bool = False
    """Whether a phase has begun in the last attempt."""
    planned: Planned | None = None
    start: StartKept | None = None
    setup: PhaseFinished | None = None
    """The last setup that succeeded."""
    phases: dict[str, PhaseFinished] = field(default_factory=dict)
    begun: dict[str, PhaseStarted] = field(default_factory=dict)
    items: dict[int, ItemHistory] = field(default_factory=dict)
    heads: list[RecordedHead] = field(default_factory=list)
    kept: list[KeptObjects] = field(default_factory=list)
    made_refs: tuple[MadeRef, ...] = ()
    """What the steps of setup, reduce and merge made besides the last recorded head, in all attempts."""
    published: Published | None = None
    published_refs: frozenset[str] = frozenset()
    """The objects of the references that steps made, which any attempt has published."""
    published_in_attempt: bool = False
    """Whether the last attempt has published, and not only an earlier one."""
    finished: RunFinished | None = None
    """How the last attempt ended; None when it did not come to its end."""
    last_at: str = ""
    records: int = 0

    def decides(self, item_id: int) -> bool:
        """Whether the last recorded head decides the landing of this item, so that a new attempt does not land it."""
        return bool(self.heads) and self.heads[-1].decides(item_id)

    def note(self, event: Event, text: bytes | None = None) -> None:
        """Take the next record into account; `text` is its JSON where that is known, without the frame of its line."""
        before, self.last_at = self.last_at, event.at or self.last_at
        self.records += 1
        if isinstance(event, StartKept | AgentFinished | HeadKept) and event.kept is not None:
            self.kept.append(event.kept)
        if isinstance(event, AgentFinished):
            self.kept += [ref.kept for ref in event.refs if ref.kept is not None]
        match event:
            case RunStarted():
                self._begin(event, before)
            case InputsGiven():
                self.inputs = event
            case Planned():
                self.planned, self.items = event, {item.id: ItemHistory() for item in event.items}
            case PhaseStarted():
                self.any_phase_begun = True
                self.begun[event.phase] = event
                self.phases.pop(event.phase, None)
            case PhaseFinished():
                self.phases[event.phase] = event
                if event.phase == "setup" and event.state == "succeeded":
                    self.setup = event
                if event.phase == "map" and event.error is not None and event.error.kind == WORKTREE_CHANGED:
                    for item in self.items.values():
                        item.void = True
            case StartKept():
                self.start = event
            case HeadKept():
                self.heads.append(self._head(event))
                self.made_refs = tuple(event.refs)
            case Published():
                self.published_refs |= {ref.object_id for ref in event.refs if ref.kept_as is not None}
                refs = event.refs or (self.published.refs if self.published is not None else [])
                self.published, self.published_in_attempt = event.model_copy(update={"refs": refs}), True
            case RunFinished():
                self.finished = event
            case _:
                if isinstance(event, AgentStarted):
                    self.heads = [head.without(event.item_id) for head in self.heads]
                if event.item_id not in self.items:
                    self.items[event.item_id] = ItemHistory()
                self.items[event.item_id].note(event, text)

    def _begin(self, event: RunStarted, earlier_ended_at: str) -> None:
        self.first = self.first or event
        self.run, self.any_phase_begun, self.finished = event, False, None
        self.published_in_attempt = False
        for item_id, item in self.items.items():
            item.begin_attempt(earlier_ended_at, landed=self.decides(item_id))

    def _head(self, event: HeadKept) -> RecordedHead:
        landed: dict[int, str] = {}
        decided: set[int] = set()
        for item_id, item in self.items.items():
            if isinstance(item.landing, str) and item.last is not None and item.last.head is not None:
                landed[item_id] = item.last.head
            elif item.landing is not None:
                decided.add(item_id)
        succeeded = frozenset(name for name, end in self.phases.items() if end.state == "succeeded")
        return RecordedHead(event.head_sha, landed, frozenset(decided), succeeded)

    def copy(self) -> RunHistory:
        """An independent copy: later records change only one of the two."""
        items = {item_id: replace(item) for item_id, item in self.items.items()}
        return replace(
            self,
            phases=dict(self.phases),
            begun=dict(self.begun),
            items=items,
            heads=list(self.heads),
            kept=list(self.kept),
        )


def reduce_journal(events: Iterable[Event]) -> RunHistory:
    """The history of these records."""
    history = RunHistory()
    for event in events:
        history.note(event)
    return history
