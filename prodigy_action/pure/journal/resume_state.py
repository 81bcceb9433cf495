"""What an earlier attempt's journal tells, as a further attempt needs to know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from prodigy_action.model.events import (
    RUN_TIMED_OUT,
    AgentFinished,
    AgentStarted,
    Event,
    HeadKept,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    ItemNotRun,
    KeptObjects,
    PhaseFinished,
    PhaseStarted,
    Planned,
    Published,
    RunFinished,
    RunStarted,
    StartKept,
)
from prodigy_action.model.json_value import JsonValue

ItemProgress: TypeAlias = Literal["unfinished", "failed", "finished"]


@dataclass(frozen=True, slots=True)
class RecordedHead:
    """A merged head that an attempt was about to publish: with the items that it holds, by id their last commit, and
    those that were decided without landing in it."""

    head: str
    landed: dict[int, str]
    decided: frozenset[int]
    phases: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """A journal, sorted by what a further attempt needs to know."""

    started: RunStarted
    """The first attempt."""
    attempt: int
    """The last one's number."""
    planned: Planned
    start: StartKept
    variables: dict[str, JsonValue]
    """What setup captured."""
    withheld: tuple[str, ...]
    """Those of them whose values are masked here."""
    progress: dict[int, ItemProgress]
    finished: dict[int, AgentFinished]
    """The last record of each item that has one."""
    executions: dict[int, int]
    """How often each item was begun."""
    heads: tuple[RecordedHead, ...]
    kept: tuple[KeptObjects, ...]
    """Everything that was kept, oldest first."""
    verdict: RunFinished | None
    """How the last attempt ended; None when it was cut short."""


def read_earlier_run(events: Sequence[Event]) -> EarlierRun | None:
    """What the journal tells; None when no plan was recorded, so that there is nothing to go on with."""
    reading = _Fold()
    for event in events:
        reading.note(event)
    if reading.started is None or reading.planned is None or reading.start is None:
        return None
    return EarlierRun(
        started=reading.started,
        attempt=reading.attempt,
        planned=reading.planned,
        start=reading.start,
        variables=reading.variables,
        withheld=reading.withheld,
        progress={item.id: reading.progress(item.id) for item in reading.planned.items},
        finished={id: facts.last for id, facts in reading.items.items() if facts.last and not facts.running},
        executions={id: facts.executions for id, facts in reading.items.items()},
        heads=tuple(reading.heads),
        kept=tuple(reading.kept),
        verdict=reading.verdict,
    )


@dataclass(slots=True)
class _Facts:
    running: bool = False
    executions: int = 0
    last: AgentFinished | None = None
    landing: ItemLanded | ItemConflicted | ItemLandingFailed | None = None


@dataclass(slots=True)
class _Fold:
    started: RunStarted | None = None
    attempt: int = 0
    planned: Planned | None = None
    start: StartKept | None = None
    variables: dict[str, JsonValue] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()
    items: dict[int, _Facts] = field(default_factory=dict)
    phases: set[str] = field(default_factory=set)
    heads: list[RecordedHead] = field(default_factory=list)
    kept: list[KeptObjects] = field(default_factory=list)
    verdict: RunFinished | None = None

    def note(self, event: Event) -> None:
        if isinstance(event, StartKept | AgentFinished | HeadKept) and event.kept is not None:
            self.kept.append(event.kept)
        match event:
            case RunStarted():
                self._begin(event)
            case PhaseStarted():
                self.phases.discard(event.phase)
            case PhaseFinished():
                self._end_phase(event)
            case StartKept():
                self.start = event
            case Planned():
                self.planned = event
                self.items = {item.id: _Facts() for item in event.items}
            case HeadKept():
                self.heads.append(self._head(event))
            case RunFinished():
                self.verdict = event
            case Published() | ItemNotRun():
                pass
            case _:
                self._note_item(event)

    def _begin(self, event: RunStarted) -> None:
        self.started = self.started or event
        self.attempt, self.verdict = event.attempt, None
        # A further attempt lands anew whatever no recorded head holds.
        for id, facts in self.items.items():
            if not self._held(id):
                facts.landing = None

    def _held(self, id: int) -> bool:
        return bool(self.heads) and (id in self.heads[-1].landed or id in self.heads[-1].decided)

    def _end_phase(self, event: PhaseFinished) -> None:
        if event.state == "succeeded":
            self.phases.add(event.phase)
            if event.phase == "setup":
                self.variables, self.withheld = event.variables, tuple(event.withheld)

    def _note_item(self, event: AgentStarted | AgentFinished | ItemLanded | ItemConflicted | ItemLandingFailed) -> None:
        facts = self.items.setdefault(event.item_id, _Facts())
        match event:
            case AgentStarted():
                facts.running, facts.landing = True, None
                facts.executions = max(facts.executions, event.number)
            case AgentFinished():
                facts.running, facts.last = False, event
            case _:
                facts.landing = event

    def _head(self, event: HeadKept) -> RecordedHead:
        landed: dict[int, str] = {}
        decided: set[int] = set()
        for id, facts in self.items.items():
            if isinstance(facts.landing, ItemLanded) and facts.last is not None and facts.last.head is not None:
                landed[id] = facts.last.head
            elif facts.landing is not None:
                decided.add(id)
        return RecordedHead(event.head_sha, landed, frozenset(decided), frozenset(self.phases))

    def progress(self, id: int) -> ItemProgress:
        facts = self.items[id]
        if facts.running or facts.last is None or facts.last.state == "cancelled" or facts.last.retried:
            return "unfinished"
        if facts.last.error is not None and facts.last.error.kind == RUN_TIMED_OUT:
            return "unfinished"
        if isinstance(facts.landing, ItemConflicted) and facts.landing.rerun and not self._held(id):
            return "finished"  # its further execution follows when it has conflicted again
        if isinstance(facts.landing, ItemConflicted | ItemLandingFailed):
            return "failed"
        return "failed" if facts.last.state in ("failed", "timed_out") else "finished"
