"""The timeline of a run as a Mermaid diagram. It holds no text from the workflow or from items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prodigy_action.model.results import PhaseResult, RunResult
from prodigy_action.pure.journal.slot_timeline import Span, bucketed, per_bucket, slot_rows
from prodigy_action.pure.text.timestamps import seconds_between
from prodigy_action.report.headline import PHASE_TITLES
from prodigy_action.report.item_text import counted, seconds_text

BARS_MOST = 480
"""Most bars in the diagram: their text stays below the 50,000 characters beyond which Mermaid draws nothing."""
ROWS_MOST = 24
FAILURE_BARS = 36
CHARACTERS_WIDE = 110
"""How many characters of a bar's label fit side by side in the whole diagram."""
SECONDS_LEAST = 1.0


def timeline_section(result: RunResult, rows: Mapping[int, Sequence[Span]] | None = None) -> str:
    """What every slot executed over time, and how busy the slots were; empty when there is too little to show.

    `rows` are the `slot_rows` of the result, where they are known already.
    """
    rows = slot_rows(result.items, result.started_at) if rows is None else rows
    if sum(len(spans) for spans in rows.values()) < 2 or result.seconds < SECONDS_LEAST:
        return ""
    return "\n\n".join([f"<h3>Timeline</h3>\n{_legend(result, rows)}", render_timeline(result, rows)])


def _legend(result: RunResult, rows: Mapping[int, Sequence[Span]]) -> str:
    phase = result.phases.get("map")
    busy = ""
    if phase is not None and phase.efficiency is not None and phase.busy_seconds is not None:
        busy = (
            f", busy <b>{phase.efficiency:.0%}</b> of the time: "
            f"{seconds_text(phase.busy_seconds)} of work in {seconds_text(phase.seconds)}"
        )
    left = len(rows) - ROWS_MOST
    more = f"; {counted(left, 'slot')} not drawn" if left > 0 else ""
    legend = "Red: failed."
    if crowded(dict(list(rows.items())[:ROWS_MOST])):
        legend = "A bar is several items, and red when half of them failed; the row <i>failed</i> counts those."
    return f"<p>{counted(len(rows), 'slot')}{busy}{more}. {legend}</p>"


def crowded(shown: Mapping[int, Sequence[Span]]) -> bool:
    """Whether these rows hold more executions than the diagram can show as single bars."""
    return sum(map(len, shown.values())) > BARS_MOST


def render_timeline(result: RunResult, rows: Mapping[int, Sequence[Span]]) -> str:
    """The diagram: one row for the phases, one for each slot. When there are many executions, one bar stands for
    several.
    """
    shown = dict(list(rows.items())[:ROWS_MOST])
    phases = _phase_spans(result)
    ends = [span.end for spans in shown.values() for span in spans] + [end for *_, end in phases]
    total = max([result.seconds, *ends])
    failures: list[Span] = []
    if crowded(shown):
        failures = per_bucket([span for spans in rows.values() for span in spans if span.failed], total / FAILURE_BARS)
        width = total / (BARS_MOST // len(shown))
        shown = {slot: bucketed(spans, width) for slot, spans in shown.items()}
    lines = ["```mermaid", "---", "displayMode: compact", "---", "gantt", "  dateFormat YYYY-MM-DD HH:mm:ss.SSS"]
    lines.append("  axisFormat %H:%M:%S" if total >= 60 else "  axisFormat %S.%L s")
    if phases:
        lines.append("  section phases")
        lines += [
            _bar(title, "crit" if failed else "active", start, end, total) for title, failed, start, end in phases
        ]
    for slot, spans in shown.items():
        lines.append(f"  section slot {slot}")
        lines += _row(spans, total)
    if failures:
        lines.append("  section failed")
        lines += [_bar(str(span.failed), "crit", span.start, span.end, total) for span in failures]
    return "\n".join([*lines, "```"])


def _phase_spans(result: RunResult) -> list[tuple[str, bool, float, float]]:
    spans = []
    for name, phase in result.phases.items():
        start = _start_of(phase, result)
        if start is not None and start >= 0:
            spans.append(
                (PHASE_TITLES[name].removeprefix("the "), phase.state == "failed", start, start + phase.seconds)
            )
    return spans


def _start_of(phase: PhaseResult, result: RunResult) -> float | None:
    return seconds_between(result.started_at, phase.started_at)


def _row(spans: Sequence[Span], total: float) -> Iterator[str]:
    for span in spans:
        tag = "crit" if 2 * span.failed >= len(span.items) else "" if span.unfinished else "done"
        label = str(span.items[0]) if len(span.items) == 1 else f"{len(span.items):,} items"
        yield _bar(label, tag, span.start, span.end, total)


def _bar(label: str, tag: str, start: float, end: float, total: float) -> str:
    room = (end - start) / total * CHARACTERS_WIDE
    # A label that is longer than its bar would be drawn over the next bar.
    shown = label if len(label) <= room else "\u2800"
    tags = f"{tag}, " if tag else ""
    begin = round(start * 1000)
    # Mermaid draws bars that touch on separate lines.
    lasting = max(round(end * 1000) - begin - 1, 1)
    return f"  {shown} :{tags}{_clock_time(begin)}, {lasting}ms"


def _clock_time(milliseconds: int) -> str:
    days, rest = divmod(milliseconds, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"2000-01-{min(days, 27) + 1:02} {hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
