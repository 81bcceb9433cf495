"""The executions of a run, in one row for each worktree slot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prodigy_action.model.item_view import ItemView
from prodigy_action.pure.text.timestamps import seconds_since

FAILED = frozenset({"failed", "timed_out", "conflicted"})
UNFINISHED = frozenset({"skipped", "cancelled"})


class Span(NamedTuple):
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
    start_of = seconds_since(run_started_at)
    for item in items:
        executions = item.executions
        for each in executions:
            start = start_of(each.started_at)
            if start is None or start < 0:
                continue
            failed = each.state in FAILED or each.conflict is not None
            failed = failed or (each is executions[-1] and item.state in FAILED)
            unfinished = each.state in UNFINISHED
            span = Span(start, start + each.seconds, (item.id,), failed, unfinished)
            if each.slot is None:
                homeless.append(span)
            else:
                known.setdefault(each.slot, []).append(span)
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
        _combined(group)._replace(start=place * width, end=(place + 1) * width)
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
