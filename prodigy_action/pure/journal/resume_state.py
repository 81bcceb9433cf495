"""What a further attempt needs to know of the earlier ones."""

from __future__ import annotations

from typing import Literal, TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.model.events import (
    ItemConflicted,
    ItemLandingFailed,
    KeptObjects,
    MadeRef,
    Planned,
    RunStarted,
    StartKept,
)
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.journal.completion import is_finished
from prodigy_action.pure.journal.packed_end import PackedEnd
from prodigy_action.pure.journal.reducer import ItemHistory, RecordedHead, RunHistory

ItemProgress: TypeAlias = Literal["unfinished", "failed", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """The attempts so far; further records do not change it."""

    started: RunStarted
    """The first attempt."""
    attempt: int
    """The last one's number."""
    planned: Planned
    start: StartKept
    variables: dict[str, JsonValue]
    """What setup captured."""
    withheld: tuple[str, ...]
    """Those of them whose values are masked here."""
    progress: dict[int, ItemProgress]
    finished: dict[int, PackedEnd]
    """The last record of each item whose last execution has one."""
    executions: dict[int, int]
    """How often each item was begun."""
    heads: tuple[RecordedHead, ...]
    made_refs: tuple[MadeRef, ...]
    """What the steps of setup, reduce and merge made besides the last recorded head."""
    published_refs: frozenset[str]
    """The objects of the references that steps made, which the attempts have published."""
    kept: tuple[KeptObjects, ...]
    """Everything that was kept, oldest first."""
    complete: bool
    """Whether the result is where it belongs."""


def earlier_run(history: RunHistory, *, without_map: bool = False) -> EarlierRun | None:
    """What a further attempt needs; None when there is nothing to resume: no plan was recorded, and in a workflow
    without a map no result of all steps.
    """
    first, last, planned, start, setup = history.first, history.run, history.planned, history.start, history.setup
    if first is None or last is None:
        return None
    if without_map and history.heads and "setup" in history.heads[-1].phases:
        planned = Planned(items=[], selected_out=0, max_parallel=0, start_sha=first.base_sha)
        start = StartKept(start_sha=first.base_sha)
    if planned is None or start is None:
        return None
    return EarlierRun(
        started=first,
        attempt=last.attempt,
        planned=planned,
        start=start,
        variables=setup.variables if setup is not None else {},
        withheld=tuple(setup.withheld) if setup is not None else (),
        progress={item.id: item_progress(history, item.id) for item in planned.items},
        finished={item_id: end for item_id in history.items if (end := _last_end(history, item_id)) is not None},
        executions={item_id: item.executions for item_id, item in history.items.items()},
        heads=tuple(history.heads),
        made_refs=history.made_refs,
        published_refs=history.published_refs,
        kept=tuple(history.kept),
        complete=is_finished(history),
    )


def item_progress(history: RunHistory, item_id: int) -> ItemProgress:
    """Whether an item has ended for good, and how, as a further attempt sees it."""
    item = history.items[item_id]
    if killed_while_rerun(item):
        return "finished"  # its commits conflict again, and its further execution follows on top of what has landed
    end = item.end
    if end is None or item.void or end.state == "cancelled" or end.retried:
        return "unfinished"
    if end.run_timed_out:
        return "unfinished"
    if isinstance(item.landing, ItemConflicted) and item.landing.rerun and not history.decides(item_id):
        return "finished"  # its further execution follows when it has conflicted again
    if isinstance(item.landing, ItemConflicted | ItemLandingFailed):
        return "failed"
    return "failed" if end.state in ("failed", "timed_out") else "finished"


def killed_while_rerun(item: ItemHistory) -> bool:
    """Whether the item was being executed again, on top of what had landed, when the run ended.

    Its execution before that is on record, with commits that conflicted: only the further one is due again.
    """
    if not item.running or item.last is None:
        return False
    conflict = item.conflicts.get(item.last.number)
    return conflict is not None and conflict.rerun


def _last_end(history: RunHistory, item_id: int) -> PackedEnd | None:
    item = history.items[item_id]
    return item.last if killed_while_rerun(item) else item.end
