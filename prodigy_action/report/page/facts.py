"""What stands in the page itself, also for a reader whose browser runs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.run_timing import MapTiming
from prodigy_action.pure.journal.slot_timeline import Span
from prodigy_action.pure.text.cutting import cut
from prodigy_action.report.failure_groups import ItemGroup
from prodigy_action.report.headline import (
    STATE_WORDS,
    failed_phases,
    further_message,
    headline,
    phase_end,
    words_of_states,
)
from prodigy_action.report.item_text import counted, id_ranges, name_of, reason_of, seconds_text
from prodigy_action.report.overview import Overview
from prodigy_action.report.page.rows import REASON_CHARACTERS, STATES
from prodigy_action.report.published import landed_text
from prodigy_action.report.uncommitted import uncommitted_notice

GROUPS_MOST = 30
FAILURES_MOST = 100
"""How many failed items a page lists for readers without a script."""
VERDICT_MARKS = {"success": "✓", "partial": "!", "failure": "✗", "cancelled": "■", "internal": "✗"}
LOST_MARK = "!"
STATE_MARKS = {"succeeded": "✓", "failed": "✗", "skipped": "–", "cancelled": "■"}


def page_facts(
    result: RunResult, overview: Overview, timing: MapTiming | None, path: Sequence[Span], *, reasons: Sequence[str]
) -> Mapping[str, object]:
    """The variables of the template; the texts in them are plain, the template escapes them."""
    verdict = headline(result)
    counts, words = result.counts.model_dump(), words_of_states(result)
    failed = overview.survey.failed
    return {
        "run": result,
        "mark": VERDICT_MARKS[result.result],
        "headline": verdict[:1].upper() + verdict[1:],
        "message": further_message(result),
        "landed": landed_text(result).removeprefix("Landed: "),
        "notice": uncommitted_notice(overview.survey.uncommitted),
        "counts": [(state, words[state], counts[state]) for state in STATES if counts[state]],
        "phases": [
            (name, *_phase_end(result, name), phase.seconds, _load(result, name))
            for name, phase in result.phases.items()
        ],
        "problems": failed_phases(result),
        "groups": _groups(overview, reasons),
        "failed": [(item, name_of(item), reason_of(item, overview.counterparts)) for item in failed[:FAILURES_MOST]],
        "failed_left": max(len(failed) - FAILURES_MOST, 0),
        "slots": len(overview.rows),
        "use": _use(timing),
        "timing": timing,
        "path": f"{counted(len(path), 'item')}, {seconds_text(sum(span.end - span.start for span in path))}"
        if path
        else "",
    }


def _phase_end(result: RunResult, name: str) -> tuple[str, str, str]:
    """Class, mark and words of how a phase ended."""
    state = result.phases[name].state  # type: ignore[index]  # the names come from this very mapping
    whole, words = phase_end(name, result)
    lost = state == "succeeded" and not whole
    return ("failed", LOST_MARK, words) if lost else (state, STATE_MARKS[state], words)


def _load(result: RunResult, name: str) -> str:
    phase = result.phases[name]  # type: ignore[index]  # the names come from this very mapping
    if phase.max_parallel is not None:
        return f"{counted(result.counts.planned, 'item')}, {phase.max_parallel:,} at a time"
    return counted(len(phase.steps), "step") if phase.steps else ""


def _groups(overview: Overview, reasons: Sequence[str]) -> list[tuple[ItemGroup, str, str, int]]:
    """Group, word of its state, ids, and the position of its reason among those that the rows name."""
    numbers = {reason: number for number, reason in enumerate(reasons)}
    groups = [*overview.groups, *overview.left_groups][:GROUPS_MOST]
    return [
        (
            group,
            STATE_WORDS[group.state],
            id_ranges((item.id for item in group.items), 6),
            numbers.get(cut(group.problem, REASON_CHARACTERS), -1),
        )
        for group in groups
    ]


def _use(timing: MapTiming | None) -> list[tuple[str, str, float, float]]:
    """What the slots did: class, words, seconds, and the share of their time."""
    if timing is None:
        return []
    room = timing.work + timing.between + timing.at_end
    parts = (
        ("work", "at work", timing.work),
        ("between", "between items", timing.between),
        ("at-end", "nothing left to do", timing.at_end),
    )
    return [(name, words, seconds, seconds / room) for name, words, seconds in parts] if room > 0 else []
