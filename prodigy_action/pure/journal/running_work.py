"""What is running now, from the records of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    ItemNotRun,
    PhaseFinished,
    PhaseName,
    PhaseStarted,
    Planned,
)
from prodigy_action.pure.journal.reducer import RunHistory

FIRST_SECONDS, FEWEST_SECONDS, LONGEST_SECONDS = 5.0, 10.0, 60.0
"""Before the first counting line, between two of them, and between two without a change."""
ITEMS_SHOWN = 10
FEWEST_FOR_ESTIMATE = 3
"""Items that must have ended before the time that is left is estimated."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one time; times are seconds."""

    phase: PhaseName
    phase_seconds: float
    planned: int
    """Items; 0 before the plan."""
    ended: int
    failed: int
    """Of `ended`."""
    running: Sequence[tuple[int, float]]
    """Items and how long they have been running, the longest first."""
    left_seconds: float | None
    """How long the map will take, by the items that have ended; None when too few have."""


@dataclass(frozen=True, slots=True)
class LinesShown:
    """The last counting line: when it was due, and the counts that it had."""

    at: float
    counts: tuple[str, int, int]


def next_counting_line(before: LinesShown | None, now: Snapshot, at: float) -> LinesShown | None:
    """The line that is due at the time `at`, by the line before it; None: none is due.

    A line follows another after ten seconds at the earliest, and when nothing has ended meanwhile after a minute.
    """
    counts = (now.phase, now.ended, now.failed)
    if before is None:
        return LinesShown(at, counts)
    wait = LONGEST_SECONDS if counts == before.counts else FEWEST_SECONDS
    return LinesShown(at, counts) if at - before.at >= wait else None


@dataclass(slots=True)
class RunningWork:
    """The phase and the agents that are running; times are monotonic seconds."""

    phase: PhaseName | None = None
    _phase_started: float = 0.0
    _planned: int = 0
    _max_parallel: int = 0
    _ended: set[int] = field(default_factory=set)
    _failed: set[int] = field(default_factory=set)
    _unlanded: set[int] = field(default_factory=set)
    _ended_before: int = 0
    """Items that had ended when the map began."""
    _agents: dict[int, float] = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)
    """Items that will not change their state any more → how many there were then."""

    def note(self, event: Event, at: float) -> None:
        """Take a record into account that was written at the time `at`."""
        match event:
            case PhaseStarted():
                self.phase, self._phase_started = event.phase, at
                self._ended_before = len(self._ended)
            case PhaseFinished():
                self.phase = None
            case Planned():
                self._planned, self._max_parallel = len(event.items), event.max_parallel
            case AgentStarted():
                self._agents[event.item_id] = at
                self._ended.discard(event.item_id)
                self._failed.discard(event.item_id)
                self._unlanded.discard(event.item_id)
                self._places.pop(event.item_id, None)
            case AgentFinished() | ItemNotRun():
                self._agents.pop(event.item_id, None)
                self._ended.add(event.item_id)
                if isinstance(event, AgentFinished) and event.state in ("failed", "timed_out"):
                    self._failed.add(event.item_id)
                if not isinstance(event, AgentFinished) or event.state != "succeeded":
                    self._place(event.item_id)
            case ItemConflicted() if event.rerun:
                pass  # it is executed again
            case ItemConflicted() | ItemLandingFailed():
                self._failed.add(event.item_id)
                self._unlanded.add(event.item_id)
                self._place(event.item_id)
            case ItemLanded():
                self._failed.discard(event.item_id)
                self._place(event.item_id)
            case _:
                pass

    def recall(self, earlier: RunHistory) -> None:
        """Take earlier attempts into account, of which nothing runs any more."""
        if earlier.planned is not None:
            self._planned, self._max_parallel = len(earlier.planned.items), earlier.planned.max_parallel
        self._ended = {
            item_id for item_id, item in earlier.items.items() if item.end is not None or item.not_run is not None
        }
        for item_id in self._ended:
            self._place(item_id)

    def _place(self, item_id: int) -> None:
        self._places.setdefault(item_id, len(self._places) + 1)

    def place_of(self, item_id: int) -> dict[str, int]:
        """`ended` and `planned` when the item got its last state; empty before."""
        place = self._places.get(item_id)
        return {} if place is None else {"ended": place, "planned": self._planned}

    @property
    def failed(self) -> int:
        """How many items have failed."""
        return len(self._failed)

    @property
    def unlanded(self) -> int:
        """How many of the failed items ran well, and their commits did not land."""
        return len(self._failed & self._unlanded)

    @property
    def phase_title(self) -> str:
        """The phase as a heading, in fixed words."""
        if self.phase == "map":
            items = f"{self._planned:,} {'item' if self._planned == 1 else 'items'}"
            return f"map: {items}, at most {self._max_parallel} at once"
        titles: dict[PhaseName | None, str] = {"land": "landing the items", "merge": "the merge steps"}
        return titles.get(self.phase, self.phase or "")

    def snapshot(self, now: float) -> Snapshot | None:
        """What a reader sees at the time `now`; None between phases."""
        if self.phase is None:
            return None
        seconds = now - self._phase_started
        ended_now = len(self._ended) - self._ended_before
        left = None
        if self.phase == "map" and ended_now >= FEWEST_FOR_ESTIMATE:
            left = seconds / ended_now * (self._planned - len(self._ended))
        longest = sorted(self._agents.items(), key=lambda entry: entry[1])
        return Snapshot(
            phase=self.phase,
            phase_seconds=seconds,
            planned=self._planned,
            ended=len(self._ended),
            failed=len(self._failed),
            running=[(item_id, now - since) for item_id, since in longest],
            left_seconds=left,
        )

    def status(self, now: float) -> dict[str, object]:
        """The fields of a heartbeat event: the agents that have been running longest come first."""
        fields: dict[str, object] = {"phase": self.phase, "seconds": round(now - self._phase_started)}
        if self.phase == "map" or self._agents:
            longest = sorted(self._agents.items(), key=lambda entry: entry[1])
            fields |= {
                "ended": len(self._ended),
                "planned": self._planned,
                "running": len(longest),
                "max_parallel": self._max_parallel,
                "agents": [
                    {"item_id": item_id, "seconds": round(now - since)} for item_id, since in longest[:ITEMS_SHOWN]
                ],
            }
        return fields
