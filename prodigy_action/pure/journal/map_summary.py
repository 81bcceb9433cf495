"""`${map.*}`: the variables about the map for reduce and the merge steps."""

from __future__ import annotations

from prodigy_action.model.item_view import ItemView
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.pure.journal.aggregation import results_of
from prodigy_action.pure.journal.packed_end import PackedEnd
from prodigy_action.pure.journal.reducer import RunHistory


def map_variables(history: RunHistory) -> dict[str, JsonValue]:
    """The variable `map`, from everything recorded so far; results are in item order."""
    result = results_of(history)
    counts = result.counts
    successful = counts.succeeded + counts.unchanged
    failed = counts.failed + counts.timed_out + counts.conflicted
    results: list[JsonValue] = [
        _item_variables(item, history.items[item.id].last, result.run_id) for item in result.items
    ]
    ran = [item.seconds for item in result.items if item.attempts]
    summary: dict[str, JsonValue] = {
        "successful": successful,
        "success_count": successful,
        "failed": failed,
        "failure_count": failed,
        "total": counts.planned,
        "success_rate": round(100 * successful / counts.planned, 2) if counts.planned else 100,
        "average_duration_secs": round(sum(ran) / len(ran), 3) if ran else 0,
        "total_duration_secs": round(sum(ran), 3),
        "results": results,
        "results_array": results,
        "results_json": compact_json(results),
    }
    return {"map": summary}


def _item_variables(item: ItemView, end: PackedEnd | None, run_id: str) -> dict[str, JsonValue]:
    last = None if end is None else end.unpacked()
    return {
        "item_id": f"item_{item.id}",
        "item": item.item,
        "key": item.key,
        "status": item.state,
        "output": last.output if last is not None else "",
        "output_truncated": last is not None and last.output_truncated,
        "commits": list(item.commits),
        "files_modified": list(item.files_changed),
        "duration": item.seconds,
        "error": item.error.message if item.error is not None else None,
        "exit_code": item.error.exit_code if item.error is not None else 0,
        "branch_name": f"refs/prodigy/{run_id}/items/{item.id}",
        "captures": last.captures if last is not None else {},
    }
