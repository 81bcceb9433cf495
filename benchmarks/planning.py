"""Planning 100,000 items: time and peak memory as a ratio to `json.loads` of the same file in the same process."""

from __future__ import annotations

import gc
import json
import random
import resource
import time
import tracemalloc
from collections.abc import Callable

from prodigy_action.pure.field_path import FieldPath
from prodigy_action.pure.filters import Filter
from prodigy_action.pure.item_source import parse_items
from prodigy_action.pure.json_path import JsonPath
from prodigy_action.pure.sorting import SortOrder
from prodigy_action.pure.work_planning import MapConfig, select_work

ITEMS = 100_000
CONFIG = MapConfig(
    filter=Filter.parse("severity in ['high', 'low'] && score >= 10 && !contains(tags, 'skip')"),
    sort_by=SortOrder.parse("score DESC, location.file ASC"),
    distinct=FieldPath.parse("id"),
    offset=10,
    max_items=50_000,
)


def document(count: int = ITEMS) -> str:
    """The text of a JSON file with `count` items."""
    source = random.Random(7)
    items = [
        {
            "id": f"item-{number // 2 if number % 50 == 0 else number}",
            "severity": source.choice(["high", "low", "none"]),
            "score": round(source.random() * 100, 2),
            "line": source.randrange(5000),
            "location": {"file": f"src/module_{source.randrange(900)}/file_{number % 97}.py", "column": 3},
            "tags": source.sample(["debt", "bug", "skip", "slow", "doc"], 2),
            "message": "a sentence of the length that a finding of a linter usually has",
            "fixable": source.random() < 0.5,
        }
        for number in range(count)
    ]
    return json.dumps({"items": items})


def _seconds(action: Callable[[], object], repetitions: int = 3) -> float:
    best = float("inf")
    for _ in range(repetitions):
        gc.collect()
        start = time.perf_counter()
        result = action()
        best = min(best, time.perf_counter() - start)
        del result
    return best


def _peak_bytes(action: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    result = action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return peak


def measure() -> dict[str, float]:
    """Seconds, and ratios to `json.loads`."""
    text = document()
    path = JsonPath.parse("$.items[*]")
    items = parse_items(text, ".json", json_path=path)

    def read_and_plan() -> object:
        return select_work(parse_items(text, ".json", json_path=path), CONFIG)

    loads = _seconds(lambda: json.loads(text))
    read = _seconds(lambda: parse_items(text, ".json", json_path=path))
    plan = _seconds(lambda: select_work(items, CONFIG))
    plan_by_digest = _seconds(lambda: select_work(items, MapConfig()))
    loads_peak = _peak_bytes(lambda: json.loads(text))
    both_peak = _peak_bytes(read_and_plan)
    selection = select_work(items, CONFIG)
    return {
        "items": ITEMS,
        "assignments": len(selection.assignments),
        "file_megabytes": len(text) / 1e6,
        "json_loads_seconds": loads,
        "read_seconds": read,
        "plan_seconds": plan,
        "plan_digests_only_seconds": plan_by_digest,
        "time_ratio": (read + plan) / loads,
        "plan_time_ratio": plan / loads,
        "memory_ratio": both_peak / loads_peak,
        "max_rss_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:>26} {value:.3f}")
