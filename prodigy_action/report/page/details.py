"""What the page shows of one item when it is opened, within a budget for all items together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Literal, TypeAlias

from prodigy_action.model.events import StepRecord
from prodigy_action.model.item_parts import Conflict
from prodigy_action.model.item_view import ExecutionView, ItemView
from prodigy_action.model.json_value import compact_json
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.terminal_text import end_of
from prodigy_action.pure.text.timestamps import seconds_since
from prodigy_action.report.item_text import (
    LANDED_WAYS,
    attempt_problem,
    counterpart_name,
    reason_of,
    step_note,
)
from prodigy_action.report.overview import Overview
from prodigy_action.report.page import budget
from prodigy_action.report.page.script_json import script_json

ReadExcerpt: TypeAlias = Callable[[str, int, Literal["begin", "end"]], tuple[str, int]]
"""Path in the results directory, bytes, which part → that part as text, and the bytes of the whole file."""
Detail: TypeAlias = Mapping[str, object]
StartOf: TypeAlias = Callable[[str | None], float | None]
"""When something began → the seconds since the run began."""

MISSES_MOST = 100


def item_details(overview: Overview, read: ReadExcerpt, *, room: int, started_at: str) -> tuple[dict[int, str], int]:
    """The details that fit into `room` bytes, by item, and how many items have none.

    Items that did not land come first, one of every kind of failure before the second of any. When a hundred in a row
    do not fit, the room is full.
    """
    chosen: dict[int, str] = {}
    names, start_of = overview.counterparts, seconds_since(started_at)
    unlanded, others = _by_interest(overview)
    misses = 0
    spare = {True: budget.EXCERPT_BYTES, False: budget.EXCERPT_BYTES_OF_OTHERS}
    for item, wanted in chain(((item, True) for item in unlanded), ((item, False) for item in others)):
        excerpts = _excerpts(item, read) if spare[wanted] > 0 else {}
        text = script_json({**_detail(item, names, start_of), **excerpts})
        size = len(text.encode())
        if size > room and excerpts:
            excerpts = {}
            text = script_json(_detail(item, names, start_of))
            size = len(text.encode())
        if size > room:
            misses += 1
            if misses == MISSES_MOST:
                break
            continue
        misses = 0
        room -= size
        if excerpts:
            spare[wanted] -= size
        chosen[item.id] = text
    return chosen, len(overview.items) - len(chosen)


def _by_interest(overview: Overview) -> tuple[Iterator[ItemView], Iterator[ItemView]]:
    groups = [group.items for group in chain(overview.groups, overview.left_groups)]
    unlanded = (item for turn in zip_longest(*groups) for item in turn if item is not None)
    return unlanded, (item for item in overview.items if item.state in ("succeeded", "unchanged"))


def _detail(item: ItemView, names: Mapping[int, str], start_of: StartOf) -> Detail:
    error, conflict = item.error, item.conflict
    files = item.files_changed
    problem = (item.reason or "") if item.state in ("succeeded", "unchanged") else reason_of(item, names)
    found: dict[str, object] = {
        "key": cut(item.key, 500),
        "item": cut(compact_json(item.item), budget.ITEM_CHARACTERS),
        "problem": cut(problem, 1000),
        "step": error.step if error is not None else None,
        "output": end_of(error.output_tail, budget.OUTPUT_CHARACTERS) if error is not None else "",
        "steps": [_step(step) for step in item.steps[-budget.STEPS_MOST :]],
        "attempts": [_attempt(each, start_of) for each in item.executions[-budget.ATTEMPTS_MOST :]],
        "conflict": _conflict(conflict, names) if conflict is not None else None,
        "commits": [commit[:12] for commit in item.commits[: budget.FILES_MOST]],
        "landed": LANDED_WAYS.get(item.landed_by or ""),
        "files": files[: budget.FILES_MOST],
        "log": item.log,
        "patch": item.patch,
        "reproduce": item.reproduce,
        "missing": ", ".join(_left_out(item)),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _conflict(conflict: Conflict, names: Mapping[int, str]) -> list[object]:
    """The files, and the items on the other side, with what they are called."""
    others = conflict.with_items[: budget.FILES_MOST]
    return [conflict.files[: budget.FILES_MOST], [[other, counterpart_name(other, names)] for other in others]]


def _left_out(item: ItemView) -> Iterator[str]:
    """What of the item's lists the page does not hold; changed files are counted beside their list."""
    conflict = item.conflict
    for word, count, most in (
        ("earlier step", len(item.steps), budget.STEPS_MOST),
        ("earlier execution", len(item.executions), budget.ATTEMPTS_MOST),
        ("commit", len(item.commits), budget.FILES_MOST),
        ("file in conflict", len(conflict.files) if conflict else 0, budget.FILES_MOST),
        ("item in conflict", len(conflict.with_items) if conflict else 0, budget.FILES_MOST),
    ):
        if count > most:
            yield f"{word}: {count - most:,} more"


def _step(step: StepRecord) -> Sequence[object]:
    captured = cut(compact_json(step.captured), budget.CAPTURED_CHARACTERS) if step.captured else ""
    command = cut(step.command, budget.COMMAND_CHARACTERS)
    return [
        cut(step.name, budget.STEP_NAME_CHARACTERS) or f"{step.kind} {step.index + 1}",
        command,
        step.exit_code,
        step.seconds,
        captured,
        cut(step_note(step), budget.NOTE_CHARACTERS),
        len(step.tries),
    ]


def _attempt(attempt: ExecutionView, start_of: StartOf) -> Sequence[object]:
    start = start_of(attempt.started_at)
    return [
        attempt.number,
        attempt.state,
        start if start is not None and start >= 0 else None,
        attempt.seconds,
        attempt.slot,
        cut(attempt_problem(attempt), 300),
    ]


def _excerpts(item: ItemView, read: ReadExcerpt) -> Detail:
    return dict(chain(_excerpt("log", item.log, read), _excerpt("patch", item.patch, read)))


def _excerpt(kind: Literal["log", "patch"], path: str | None, read: ReadExcerpt) -> Iterator[tuple[str, object]]:
    if path is None:
        return
    text, size = read(path, budget.LOG_BYTES, "end") if kind == "log" else read(path, budget.PATCH_BYTES, "begin")
    if text:
        yield f"{kind}Text", text
        yield f"{kind}Bytes", size
