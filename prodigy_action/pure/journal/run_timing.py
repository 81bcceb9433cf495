"""Where the time of a run went: what it took at least, and the chain of work that decided when it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.slot_timeline import Span
from prodigy_action.pure.text.timestamps import seconds_between


@dataclass(frozen=True, slots=True)
class MapTiming:
    """How the map used its slots; all values are seconds, and those of slots are sums over the slots in use."""

    actual: float
    ideal: float
    """The least that this work can take with so many slots: an even share of the work, or the longest item."""
    work: float
    """Items at work."""
    between: float
    """Slots that waited for their next item, or for the first one."""
    at_end: float
    """Slots that had nothing left to do while others still worked."""


def map_timing(result: RunResult, rows: Mapping[int, Sequence[Span]]) -> MapTiming | None:
    """How the map used its slots; None when no item ran in it."""
    phase = result.phases.get("map")
    begin = seconds_between(result.started_at, phase.started_at) if phase is not None else None
    if phase is None or begin is None:
        return None
    end = begin + phase.seconds
    inside = {slot: [span for span in spans if begin <= span.start <= end] for slot, spans in rows.items()}
    used = [spans for spans in inside.values() if spans]
    if not used:
        return None
    work = sum(span.end - span.start for spans in used for span in spans)
    longest = max(span.end - span.start for spans in used for span in spans)
    at_end = sum(max(end - max(span.end for span in spans), 0.0) for spans in used)
    slots = min(phase.max_parallel or len(used), sum(map(len, used)))
    ideal = min(max(work / max(slots, 1), longest), phase.seconds)
    room = phase.seconds * len(used)
    return MapTiming(phase.seconds, ideal, work, max(room - work - at_end, 0.0), at_end)


def critical_path(rows: Mapping[int, Sequence[Span]]) -> list[Span]:
    """The executions of the slot that was the last to end, from its last one back to the first, in order of time.

    Had one of them been shorter, its slot would have been free earlier. Executions of other slots are not on it.
    """
    last = max((spans for spans in rows.values() if spans), key=_end, default=())
    return list(last)


def _end(spans: Iterable[Span]) -> float:
    return max(span.end for span in spans)
