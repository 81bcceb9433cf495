"""The rows of the page's table and the bars of its timeline, as small as they can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prodigy_action.model.item_parts import ItemState
from prodigy_action.model.item_view import ItemView
from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.slot_timeline import Span, bucketed
from prodigy_action.pure.text.cutting import cut
from prodigy_action.report.headline import words_of_states
from prodigy_action.report.item_text import problem_of
from prodigy_action.report.page.budget import BARS_MOST, ROW_BYTES
from prodigy_action.report.page.script_json import script_json

STATES: tuple[ItemState, ...] = (
    "failed",
    "timed_out",
    "conflicted",
    "cancelled",
    "not_run",
    "skipped",
    "unchanged",
    "succeeded",
)
"""In the order in which a reader looks at them; rows and bars name a state by its position here."""
_NUMBERS = {state: number for number, state in enumerate(STATES)}
REASON_CHARACTERS = 200


def item_rows(named: Iterable[tuple[ItemView, str]]) -> tuple[list[str], list[str]]:
    """The rows that fit, in item order, and the reasons that they name by position.

    A row is `[id, name, state, seconds, executions, files, reason]`; -1 is no reason. `named` are the items with their
    names, first those that must not be left out.
    """
    reasons: dict[str, int] = {}
    taken: dict[int, str] = {}
    room = ROW_BYTES
    for item, name in named:
        row = _row(item, name, reasons)
        room -= len(row.encode()) + 2
        if room < 0:
            break
        taken[item.id] = row
    return [taken[id] for id in sorted(taken)], list(reasons)


def _row(item: ItemView, name: str, reasons: dict[str, int]) -> str:
    state = item.state
    reason = -1
    if state not in ("succeeded", "unchanged"):
        reason = reasons.setdefault(cut(problem_of(item), REASON_CHARACTERS), len(reasons))
    seconds, executions = round(item.seconds, 3), len(item.executions)
    return script_json([item.id, name, _NUMBERS[state], seconds, executions, item.changed, reason])


def state_words(result: RunResult) -> list[tuple[str, str]]:
    """State and its word for people, in the order of the numbers."""
    words = words_of_states(result)
    return [(state, words[state]) for state in STATES]


def timeline_rows(rows: Mapping[int, Sequence[Span]], total: float) -> tuple[list[str], bool]:
    """The rows of the timeline, and whether neighbours share bars.

    A row is `[slot, [[start, seconds, id, kind, executions], …]]`; the kind is 1 for failed, 2 for unfinished, else 0,
    and left out with the number of executions where both are ordinary.
    """
    shared = sum(map(len, rows.values())) > BARS_MOST
    width = total / max(BARS_MOST // max(len(rows), 1), 1)
    shown = {slot: bucketed(spans, width) if shared else spans for slot, spans in rows.items()}
    return [script_json([slot, [_bar(span) for span in spans]]) for slot, spans in shown.items()], shared


def _bar(span: Span) -> Sequence[float]:
    kind = 1 if 2 * span.failed >= len(span.items) else 2 if span.unfinished == len(span.items) else 0
    values = [round(span.start, 3), round(span.end - span.start, 3), span.items[0]]
    if len(span.items) > 1:
        return [*values, kind, len(span.items)]
    return [*values, kind] if kind else values


def path_ids(path: Iterable[Span]) -> list[int]:
    """The items of a path, in its order."""
    return [id for span in path for id in span.items]
