"""The executions of a run, in one row for each worktree slot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from prodigy_action.dataclass import dataclass
from prodigy_action.model.item_view import ItemView
from prodigy_action.pure.text.timestamps import seconds_between

FAILED = frozenset({"failed", "timed_out", "conflicted"})


@dataclass(frozen=True, slots=True)
class Span:
    """Executions in one row, one after the other; seconds count from the start of the run."""

    start: float
    end: float
    items: tuple[int, ...]
    failed: int = 0
    unfinished: int = 0
    """Executions that were skipped or cut off."""


def slot_rows(items: Iterable[ItemView], run_started_at: str) -> dict[int, list[Span]]:
    """Slot → its executions in order of their start, only those of this attempt at the run.

    An execution without a recorded slot, because the run ended before its end, gets the first free row.
    """
    known: dict[int, list[Span]] = {}
    homeless: list[Span] = []
    for item in items:
        attempts = item.attempts
        for attempt in attempts:
            start = seconds_between(run_started_at, attempt.started_at)
            if start is None or start < 0:
                continue
            last = attempt is attempts[-1]
            span = Span(
                start,
                start + attempt.seconds,
                (item.id,),
                failed=attempt.state in FAILED or attempt.conflict is not None or (last and item.state in FAILED),
                unfinished=attempt.state in {"skipped", "cancelled"},
            )
            if attempt.slot is None:
                homeless.append(span)
            else:
                known.setdefault(attempt.slot, []).append(span)
    for span in sorted(homeless, key=lambda each: each.start):
        known.setdefault(_free_row(known, span), []).append(span)
    return {slot: sorted(known[slot], key=lambda each: each.start) for slot in sorted(known)}


def _free_row(rows: dict[int, list[Span]], span: Span) -> int:
    slot = 0
    while any(other.start < span.end and span.start < other.end for other in rows.get(slot, ())):
        slot += 1
    return slot


def bucketed(spans: Sequence[Span], width: float) -> list[Span]:
    """The spans of a row; spans that begin in the same `width` seconds are combined."""
    together: dict[int, list[Span]] = {}
    for span in spans:
        together.setdefault(int(span.start // width), []).append(span)
    return [_combined(group) for group in together.values()]


def per_bucket(spans: Iterable[Span], width: float) -> list[Span]:
    """Spans of any rows, combined by the `width` seconds in which they ended; each bar is as wide as that."""
    together: dict[int, list[Span]] = {}
    for span in spans:
        together.setdefault(int(span.end // width), []).append(span)
    return [
        replace(_combined(group), start=place * width, end=(place + 1) * width)
        for place, group in sorted(together.items())
    ]


def _combined(spans: Sequence[Span]) -> Span:
    return Span(
        spans[0].start,
        max(span.end for span in spans),
        tuple(id for span in spans for id in span.items),
        sum(span.failed for span in spans),
        sum(span.unfinished for span in spans),
    )
