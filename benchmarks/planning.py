"""Planning 100,000 items: time and peak memory as a ratio to `json.loads` of the same file in the same process."""

from __future__ import annotations

import gc
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator

from benchmarks.figures import Figure, Size
from prodigy_action.pure.expressions.filters import Filter
from prodigy_action.pure.expressions.sorting import SortOrder
from prodigy_action.pure.items.source import parse_items
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.json_values.json_path import JsonPath
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


def measure(size: Size) -> Iterator[Figure]:
    """Times and peak memory as ratios to `json.loads` of the same text."""
    count = ITEMS if size == "full" else ITEMS // 10
    group = f"planning {count:,} items, against json.loads"
    text = document(count)
    path = JsonPath.parse("$.items[*]")
    items = parse_items(text, ".json", json_path=path)

    def read_and_plan() -> object:
        return select_work(parse_items(text, ".json", json_path=path), CONFIG)

    loads = _seconds(lambda: json.loads(text))
    read = _seconds(lambda: parse_items(text, ".json", json_path=path))
    plan = _seconds(lambda: select_work(items, CONFIG))
    digests = _seconds(lambda: select_work(items, MapConfig()))
    memory = _peak_bytes(read_and_plan) / _peak_bytes(lambda: json.loads(text))
    ratios = {
        "reading": read / loads,
        "planning": plan / loads,
        "planning, digests alone": digests / loads,
        "reading and planning": (read + plan) / loads,
        "peak memory": memory,
    }
    for name, ratio in ratios.items():
        yield Figure(group=group, name=name, value=ratio, unit="x")
    yield Figure(group=group, name="json.loads", value=loads, unit="s")
