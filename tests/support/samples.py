"""Runs as they happen, of any size: most items land, some fail in a few ways, two conflict."""

from __future__ import annotations

import heapq
from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache

from prodigy_action.model.events import ErrorRecord
from prodigy_action.model.item_parts import Attempt, Conflict, ItemState
from prodigy_action.model.results import Counts, ItemResult, PhaseResult, RunResult, WorkflowIdentity

STARTED_AT = "2026-01-02T03:04:05.000Z"
MISSING = (
    "Traceback (most recent call last):\n"
    '  File "tools/migrate.py", line 12, in <module>\n'
    "    import yaml\n"
    "ModuleNotFoundError: No module named 'yaml'\n"
)


def item_result(id: int, state: ItemState = "succeeded", **fields: object) -> ItemResult:
    """One item as its state would have it."""
    seconds = 1.0 + id % 7
    ended = "succeeded" if state == "conflicted" else state
    attempt = {"number": 1, "state": ended, "seconds": seconds}
    values: dict[str, object] = {
        "id": id,
        "key": f"key-{id}",
        "item": {"path": f"src/module_{id:05}.py", "line": id * 3},
        "state": state,
        "seconds": seconds,
        "attempts": [] if state == "not_run" else [Attempt.model_validate(attempt)],
        "log": None if state == "not_run" else f"logs/item-{id:04}.log",
    }
    if state in ("succeeded", "conflicted"):
        values |= {"commits": [f"{id:040x}"], "files_changed": [f"src/module_{id:05}.py", "docs/changes.md"]}
    if state == "failed":
        values["error"] = ErrorRecord(
            kind="step_failed",
            message="shell step 2: exit code 1",
            step="shell step 2",
            exit_code=1,
            output_tail=MISSING,
        )
    if state == "timed_out":
        values["error"] = ErrorRecord(
            kind="timed_out", message="claude step 1: it timed out after 600 s", step="claude step 1"
        )
    if state == "conflicted":
        values["conflict"] = Conflict(files=["docs/changes.md"], with_items=[max(id - 1, 0)])
    if state == "not_run":
        values["reason"] = "3 items failed and max_failures tolerates 2"
    return ItemResult.model_validate({**values, **fields})


def run_result(items: list[ItemResult] | None = None, **fields: object) -> RunResult:
    """A run with these items, its counts and its verdict."""
    found = items if items is not None else []
    counted = Counter[str](item.state for item in found)
    states = {name: counted[name] for name in Counts.model_fields if name != "planned"}
    failed = states["failed"] + states["timed_out"] + states["conflicted"]
    values: dict[str, object] = {
        "run_id": "20260102-030405-abcdef",
        "result": "failure" if failed else "success",
        "exit_code": 1 if failed else 0,
        "message": f"{failed} of {len(found)} items failed" if failed else None,
        "workflow": WorkflowIdentity(name="migrate-modules", path="workflows/migrate.yml", sha256="a" * 64),
        "base_sha": "1" * 40,
        "head_sha": "2" * 40,
        "branch": "prodigy/20260102-030405-abcdef",
        "checkout_updated": True,
        "started_at": STARTED_AT,
        "seconds": 754.2,
        "counts": Counts(planned=len(found), **states),
        "phases": {
            "setup": PhaseResult(state="succeeded", seconds=3.2, batches=[[0, 1], [2]]),
            "map": PhaseResult(state="succeeded", seconds=731.0, max_parallel=8, busy_seconds=5438.1, efficiency=0.93),
            "land": PhaseResult(state="succeeded", seconds=0.4),
            "reduce": PhaseResult(state="succeeded", seconds=19.6, batches=[[0]]),
        },
        "items": found,
    }
    return RunResult.model_validate({**values, **fields})


@lru_cache(maxsize=2)
def _typical_items(total: int) -> tuple[ItemResult, ...]:
    states: dict[int, ItemState] = {2: "failed", 3: "timed_out", 7: "failed", 11: "conflicted", 13: "unchanged"}
    return tuple(item_result(id, states.get(id % 101, "succeeded")) for id in range(total))


@lru_cache(maxsize=4)
def typical_run(total: int, max_parallel: int = 8) -> RunResult:
    """A run of `total` items in which about every twentieth fails. Tests share it: it must not be changed."""
    items = list(_typical_items(total))
    began = datetime.fromisoformat(STARTED_AT) + timedelta(seconds=3.4)
    free = [(0.0, slot) for slot in range(max_parallel)]
    for number, item in enumerate(items):
        freed, slot = free[0]
        at = (began + timedelta(seconds=freed)).isoformat()
        attempt = item.attempts[0].model_copy(update={"started_at": at, "slot": slot})
        items[number] = item.model_copy(update={"attempts": [attempt]})
        heapq.heapreplace(free, (freed + item.seconds + 0.05, slot))
    seconds = max(free)[0]
    busy = sum(item.seconds for item in items)
    phases = {
        "setup": PhaseResult(state="succeeded", started_at=STARTED_AT, seconds=3.2, batches=[[0, 1], [2]]),
        "map": PhaseResult(
            state="succeeded",
            started_at=began.isoformat(),
            seconds=seconds,
            max_parallel=max_parallel,
            busy_seconds=busy,
            efficiency=round(busy / (seconds * min(max_parallel, total)), 3),
        ),
        "land": PhaseResult(state="succeeded", started_at=_after(began, seconds), seconds=0.4),
        "reduce": PhaseResult(state="succeeded", started_at=_after(began, seconds + 0.5), seconds=19.6, batches=[[0]]),
    }
    return run_result(items, phases=phases, seconds=seconds + 24)


def _after(start: datetime, seconds: float) -> str:
    return (start + timedelta(seconds=seconds)).isoformat()
