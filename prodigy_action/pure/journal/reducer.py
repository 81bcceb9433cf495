"""The records of a journal, sorted by what they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    HeadKept,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    ItemNotRun,
    PhaseFinished,
    PhaseStarted,
    Planned,
    Published,
    RunFinished,
    RunStarted,
    StartKept,
)
from prodigy_action.pure.text.timestamps import seconds_between


@dataclass(slots=True)
class ItemFacts:
    """What the journal says of one item. A further execution takes back what was said of the landing before."""

    running: AgentStarted | None = None
    started: dict[int, str] = field(default_factory=dict)
    """When each execution started, by its number."""
    finished: list[AgentFinished] = field(default_factory=list)
    conflicts: dict[int, ItemConflicted] = field(default_factory=dict)
    """By the number of the execution whose commits did not merge."""
    landing: ItemLanded | ItemConflicted | ItemLandingFailed | None = None
    held: bool = False
    """Whether a head that was about to be published stands on that landing."""
    not_run: ItemNotRun | None = None


@dataclass(slots=True)
class SortedJournal:
    """The records, sorted by what they speak of."""

    run: RunStarted | None = None
    planned: Planned | None = None
    phases: dict[str, PhaseFinished] = field(default_factory=dict)
    begun: dict[str, PhaseStarted] = field(default_factory=dict)
    published: Published | None = None
    finished: RunFinished | None = None
    items: dict[int, ItemFacts] = field(default_factory=dict)
    last_at: str = ""


def sort_records(events: Sequence[Event]) -> SortedJournal:
    """What the records of all attempts say, the later ones taking back what they replace."""
    journal = SortedJournal()
    for event in events:
        before, journal.last_at = journal.last_at, event.at or journal.last_at
        match event:
            case RunStarted():
                journal.run, journal.finished = event, None
                for facts in journal.items.values():
                    _cut_short(facts, before)
            case Planned():
                journal.planned = event
                journal.items = {item.id: ItemFacts() for item in event.items}
            case PhaseStarted():
                journal.begun[event.phase] = event
                journal.phases.pop(event.phase, None)
            case PhaseFinished():
                journal.phases[event.phase] = event
            case Published():
                journal.published = event
            case RunFinished():
                journal.finished = event
            case HeadKept():
                for facts in journal.items.values():
                    facts.held = facts.landing is not None
            case StartKept():
                pass
            case _:
                _note(journal.items.setdefault(event.item_id, ItemFacts()), event)
    return journal


def _cut_short(facts: ItemFacts, at: str) -> None:
    """A further attempt begins: what was running had ended with the earlier one, what had not been kept lands anew."""
    if facts.running is not None:
        seconds, number = seconds_between(facts.running.at, at) or 0.0, facts.running.number
        reason = "the run ended while it was running"
        facts.finished.append(
            AgentFinished(
                item_id=facts.running.item_id, number=number, state="cancelled", reason=reason, seconds=seconds
            )
        )
        facts.running = None
    if not facts.held:
        facts.landing = None


def _note(
    facts: ItemFacts,
    event: AgentStarted | AgentFinished | ItemLanded | ItemConflicted | ItemLandingFailed | ItemNotRun,
) -> None:
    match event:
        case AgentStarted():
            facts.running = event
            facts.started[event.number] = event.at
            facts.landing, facts.not_run = None, None
        case AgentFinished():
            facts.running = None
            facts.finished.append(event)
        case ItemNotRun():
            facts.not_run = event
        case _:
            facts.landing = event
            if isinstance(event, ItemConflicted) and facts.finished:
                facts.conflicts[facts.finished[-1].number] = event
