"""The cost of an item that changes nothing: time, processors and memory at several numbers of items.

Every way runs in the same minutes on the same repository, so that the ratio to `xargs -P` holds on a busy machine too.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Size
from benchmarks.launching import OTHERS, Launched, run_program, run_xargs, start_wide
from benchmarks.repositories import TWO_THOUSAND, Shape, make_repository
from benchmarks.tables import Goal, Layout, Row

WIDE = 4
COST = Layout(
    "The cost of an item",
    ("items", "way", "whole run, s", "items/s", "CPU per item, ms", "CPU / xargs", "largest process, MB"),
    f"Items that run `true`, {WIDE} wide, in a repository of {TWO_THOUSAND.files:,} files. "
    "CPU per item is that of all processes, less that of starting a run.",
)
PLAN: dict[Size, tuple[tuple[int, int], ...]] = {
    "quick": ((600, 1),),
    "full": ((1_000, 3), (10_000, 1), (100_000, 1)),
}
"""Items, and repetitions, of which the middle counts."""
ISOLATIONS = ("worktree", "none")
FLOOR = "`xargs -P`"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run over `items` items took, and what each item did."""

    items: int
    run: Launched
    item_cpu: float
    """Seconds."""
    ratio: float | None
    """To `xargs -P`; None when so few items took no time that could be measured."""

    @property
    def items_per_second(self) -> float:
        """Over the whole run."""
        return self.items / self.run.wall


def measure(size: Size) -> Iterator[Row | Goal]:
    """A row for each number of items and each way, then the goals."""
    yield from measure_plan(PLAN[size], TWO_THOUSAND)


def measure_plan(plan: tuple[tuple[int, int], ...], shape: Shape) -> Iterator[Row | Goal]:
    """As `measure`, with other numbers of items and another repository."""
    costs: dict[tuple[int, str], Cost] = {}
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        repository = make_repository(Path(name) / "r", shape)
        for items, repetitions in plan:
            for way, cost in _costs(repository, items, repetitions):
                costs[items, way] = cost
                megabytes = cost.run.peak_bytes / 1e6
                shown = (cost.run.wall, cost.items_per_second, 1000 * cost.item_cpu, cost.ratio, megabytes)
                yield Row(COST, (f"{items:,}", way, *shown))
    yield from _goals(costs, [items for items, _ in plan])


def _costs(repository: Path, items: int, repetitions: int) -> Iterator[tuple[str, Cost]]:
    ways = {name: way for name, way in _ways(repository).items() if items <= way.most}
    rounds = [{name: (way.start(), way.run(items)) for name, way in ways.items()} for _ in range(repetitions)]
    of_item = {
        name: statistics.median((each[name][1].cpu - each[name][0].cpu) / (items - WIDE) for each in rounds)
        for name in ways
    }
    for name in ways:
        ordered = sorted((each[name][1] for each in rounds), key=lambda run: run.wall)
        ratio = of_item[name] / of_item[FLOOR] if of_item[FLOOR] > 0 else None
        yield name, Cost(items, ordered[len(ordered) // 2], of_item[name], ratio)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to run items: what it costs to start it, and how to run so many, of which there may be at most `most`."""

    start: Callable[[], Launched]
    run: Callable[[int], Launched]
    most: int = 1_000_000


def _ways(repository: Path) -> dict[str, _Way]:
    def through(run: Callable[[Path, int, int], Launched], most: int = 1_000_000) -> _Way:
        return _Way(lambda: run(repository, WIDE, WIDE), lambda items: run(repository, items, WIDE), most)

    def isolated(isolation: str) -> _Way:
        return _Way(
            lambda: start_wide(repository, WIDE, isolation),
            lambda items: run_program(repository, items, WIDE, isolation=isolation),
        )

    there = {name: (run, most) for name, (program, run, most) in OTHERS.items() if shutil.which(program) is not None}
    return {
        FLOOR: through(run_xargs),
        **{name: through(run, most) for name, (run, most) in there.items()},
        **{f"isolation: {isolation}": isolated(isolation) for isolation in ISOLATIONS},
    }


def _goals(costs: dict[tuple[int, str], Cost], counts: list[int]) -> Iterator[Goal]:
    few = counts[0]
    worktree, none = costs[few, "isolation: worktree"], costs[few, "isolation: none"]
    yield Goal(f"{few:,} items in worktrees", ">=", 350, worktree.items_per_second, "items/s")
    yield Goal("an item in a worktree, CPU", "<=", 4, 1000 * worktree.item_cpu, "ms")
    if worktree.ratio is not None:
        yield Goal("or as a ratio to `xargs -P`", "<=", 6, worktree.ratio, "×")
    yield Goal(f"{few:,} items without isolation", ">=", 800, none.items_per_second, "items/s")
    if none.ratio is not None:
        yield Goal("an item without isolation, to `xargs -P`", "<=", 3, none.ratio, "×")
    if (100_000, "isolation: none") in costs:
        for isolation in ISOLATIONS:
            ten, hundred = (costs[count, f"isolation: {isolation}"] for count in (10_000, 100_000))
            yield Goal(f"100,000 items, isolation: {isolation}", "<=", 500, hundred.run.peak_bytes / 1e6, "MB")
            slower = (hundred.run.wall / 100_000) / (ten.run.wall / 10_000)
            yield Goal(f"an item of 100,000 against one of 10,000, isolation: {isolation}", "<=", 1.15, slower, "×")
