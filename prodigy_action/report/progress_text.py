"""The state of a run in one line, and its running items, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prodigy_action.pure.journal.running_work import Snapshot
from prodigy_action.pure.text.visible_text import visible, width
from prodigy_action.report.item_text import counted, seconds_text

_BETWEEN = " · "
_SHORTEST_STEP = 8
_PHASES = {"land": "landing the items", "merge": "merge steps"}


def counting_line(now: Snapshot) -> str:
    """`412 of 1,000 · 3 failed · 8 running · about 2 min left`; outside the map the phase and its time."""
    if now.phase != "map":
        return f"{_PHASES.get(now.phase, now.phase)} · {seconds_text(now.phase_seconds)}"
    parts = [f"{now.ended:,} of {counted(now.planned, 'item')}"]
    if now.failed:
        parts.append(f"{now.failed:,} failed")
    parts.append(f"{len(now.running):,} running")
    if now.left_seconds is not None and now.ended < now.planned:
        parts.append(f"about {seconds_text(max(now.left_seconds, 1))} left")
    return " · ".join(parts)


def running_lines(
    now: Snapshot, names: Mapping[int, str], steps: Mapping[int, Callable[[], str]], *, most: int, columns: int
) -> Iterator[str]:
    """One line for each of the items that have been running longest: its name, its current step and its time.

    At most `most` lines of at most `columns`; in a narrow window the step is shortened first.
    """
    shown = now.running if len(now.running) <= most else now.running[: max(most - 1, 0)]
    for item_id, seconds in shown:
        time = seconds_text(seconds)
        room = columns - len(time) - 6
        name = _fitted(visible(names.get(item_id, str(item_id))), room)
        step = visible(steps[item_id]()) if item_id in steps else ""
        left = room - width(name) - len(_BETWEEN)
        at = f"{_BETWEEN}{_fitted(step, left)}" if step and left >= _SHORTEST_STEP else ""
        yield f"  {name}{at}  {time}"
    if most and len(shown) < len(now.running):
        yield f"  … {len(now.running) - len(shown):,} more"


def _fitted(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    while text and width(text) >= columns:
        text = text[:-1]
    return f"{text}…"
