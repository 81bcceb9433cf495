"""The data of the page's script: one JSON document in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.slot_timeline import Span
from prodigy_action.pure.text.timestamps import seconds_between
from prodigy_action.report.item_text import counted
from prodigy_action.report.overview import Overview
from prodigy_action.report.page.budget import DATA_BYTES
from prodigy_action.report.page.details import ReadExcerpt, item_details
from prodigy_action.report.page.rows import item_rows, path_ids, state_words, timeline_rows
from prodigy_action.report.page.script_json import script_json

LINES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PageData:
    """The document in pieces, and what the page has to say about what it leaves out."""

    pieces: Iterator[str]
    notes: Sequence[str]
    reasons: Sequence[str]


def page_data(result: RunResult, overview: Overview, path: Sequence[Span], read: ReadExcerpt) -> PageData:
    """The data within the budget of the page."""
    rows = overview.rows
    table, reasons = item_rows(overview.failed_first)
    head = script_json(
        {
            "states": state_words(result),
            "reasons": reasons,
            "phases": _phases(result),
            "seconds": _total(result, rows),
            "path": path_ids(path),
            "planned": len(result.items),
        }
    )
    timeline, shared = timeline_rows(rows, _total(result, rows))
    room = DATA_BYTES - sum(len(text.encode()) for text in (*table, *timeline, head))
    details, silent = item_details(overview, read, room=room, started_at=result.started_at)
    notes = []
    if left := len(result.items) - len(table):
        notes.append(
            f"The page lists {len(table):,} of {counted(len(result.items), 'item')}, failed ones first; "
            f"the other {left:,} are in results.json."
        )
    if silent:
        notes.append(f"Of {counted(silent, 'item')} the page holds no details: they are in results.json and in logs/.")
    if shared:
        notes.append("A bar of the timeline is several items, and marked as failed when half of them failed.")
    return PageData(_pieces(head, table, timeline, details), notes, reasons)


def _pieces(head: str, table: list[str], timeline: list[str], details: Mapping[int, str]) -> Iterator[str]:
    yield f"{head[:-1]},\n"
    yield from _listed('"items":[', table, "],\n")
    yield from _listed('"slots":[', timeline, "],\n")
    yield from _listed('"details":{', [f'"{id}":{text}' for id, text in details.items()], "}}\n")


def _listed(begin: str, lines: Sequence[str], end: str) -> Iterator[str]:
    yield begin
    for first in range(0, len(lines), LINES_AT_ONCE):
        yield (",\n" if first else "") + ",\n".join(lines[first : first + LINES_AT_ONCE])
    yield end


def _phases(result: RunResult) -> list[tuple[str, float, float, str]]:
    starts = {name: seconds_between(result.started_at, phase.started_at) for name, phase in result.phases.items()}
    return [
        (name, start, phase.seconds, phase.state)
        for name, phase in result.phases.items()
        if (start := starts[name]) is not None and start >= 0
    ]


def _total(result: RunResult, rows: Mapping[int, Sequence[Span]]) -> float:
    ends = [span.end for spans in rows.values() for span in spans]
    ends += [start + seconds for _, start, seconds, _ in _phases(result)]
    return round(max([result.seconds, *ends]), 3)
