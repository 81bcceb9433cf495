"""The cost of an item that changes nothing: time, processors and memory at several numbers of items.

Every way runs in the same minutes on the same repository, so that the ratio to `xargs -P` holds on a busy machine too.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.at_work import run_at_work
from benchmarks.figures import Size
from benchmarks.launching import OTHERS, Launched, run_xargs
from benchmarks.repositories import TWO_THOUSAND, Shape, make_repository
from benchmarks.tables import Goal, Layout, Row

WIDE = 4
COST = Layout(
    "The cost of an item",
    ("items", "way", "whole run, s", "items/s", "CPU per item, ms", "CPU / xargs", "largest process, MB"),
    f"Items that run `true`, {WIDE} wide, in a repository of {TWO_THOUSAND.files:,} files. Items/s and CPU per item "
    "(of all processes) are those of the map while all slots are at work; of the other launchers, those of a run less "
    f"those of a run of {WIDE} items.",
)
PLAN: dict[Size, tuple[tuple[int, int], ...]] = {
    "quick": ((300, 1),),
    "full": ((1_000, 3), (10_000, 1)),
}
"""Items, and repetitions, of which the middle counts."""
ISOLATIONS = ("worktree", "none")
FLOOR = "`xargs -P`"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took, and each item of it: seconds on the wall (of the whole width), and of processors."""

    run: Launched
    item_seconds: float
    item_cpu: float


def measure(size: Size) -> Iterator[Row | Goal]:
    """A row for each number of items and each way; the goals are for the first number."""
    yield from measure_plan(PLAN[size], TWO_THOUSAND)


def measure_plan(plan: tuple[tuple[int, int], ...], shape: Shape) -> Iterator[Row | Goal]:
    """As `measure`, with other numbers of items and another repository."""
    costs: dict[tuple[int, str], Cost] = {}
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        repository = make_repository(Path(name) / "r", shape)
        for items, repetitions in plan:
            for way, cost in _costs(repository, items, repetitions).items():
                costs[items, way] = cost
                megabytes = cost.run.peak_bytes / 1e6
                ratio = _ratio(cost, costs[items, FLOOR])
                shown = (cost.run.wall, 1 / cost.item_seconds, 1000 * cost.item_cpu, ratio, megabytes)
                yield Row(COST, (f"{items:,}", way, *shown))
            if items == plan[0][0]:
                yield from _goals(costs, items, shape.files)


def _ratio(cost: Cost, floor: Cost) -> float | None:
    """None when so few items took no time that could be measured."""
    return cost.item_cpu / floor.item_cpu if floor.item_cpu > 0 else None


def _costs(repository: Path, items: int, repetitions: int) -> dict[str, Cost]:
    """The middle of the repetitions of each way. All ways run in each repetition: the machine is as busy for each."""
    ways = _ways(repository, items)
    rounds = [{name: way() for name, way in ways.items()} for _ in range(repetitions)]
    return {name: _middle([each[name] for each in rounds]) for name in ways}


def _middle(costs: list[Cost]) -> Cost:
    ordered = sorted((cost.run for cost in costs), key=lambda run: run.wall)
    seconds, cpu = (
        statistics.median(each) for each in zip(*((c.item_seconds, c.item_cpu) for c in costs), strict=True)
    )
    return Cost(ordered[len(ordered) // 2], seconds, cpu)


def _ways(repository: Path, items: int) -> dict[str, Callable[[], Cost]]:
    there = {name: run for name, (program, run, most) in OTHERS.items() if items <= most and shutil.which(program)}
    return {
        FLOOR: lambda: _through(run_xargs, repository, items),
        **{name: partial(_through, run, repository, items) for name, run in there.items()},
        **{f"isolation: {isolation}": partial(_ours, repository, items, isolation) for isolation in ISOLATIONS},
    }


def _through(run: Callable[[Path, int, int], Launched], repository: Path, items: int) -> Cost:
    start, whole = run(repository, WIDE, WIDE), run(repository, items, WIDE)
    later = items - WIDE
    return Cost(whole, (whole.wall - start.wall) / later, (whole.cpu - start.cpu) / later)


def _ours(repository: Path, items: int, isolation: str) -> Cost:
    measured = run_at_work(repository, "true", items, WIDE, isolation)
    return Cost(measured.run, measured.item_seconds, measured.item_cpu)


def _goals(costs: dict[tuple[int, str], Cost], items: int, files: int) -> Iterator[Goal]:
    where = f"{items:,} items, {files:,} files, {WIDE} wide"
    floor, worktree, none = (costs[items, way] for way in (FLOOR, "isolation: worktree", "isolation: none"))
    yield Goal("items in worktrees", where, ">=", 350, 1 / worktree.item_seconds, "items/s")
    yield Goal("an item in a worktree, CPU", where, "<=", 4, 1000 * worktree.item_cpu, "ms")
    if (ratio := _ratio(worktree, floor)) is not None:
        yield Goal("or as a ratio to `xargs -P`", where, "<=", 6, ratio, "×")
    yield Goal("items without isolation", where, ">=", 800, 1 / none.item_seconds, "items/s")
    if (ratio := _ratio(none, floor)) is not None:
        yield Goal("an item without isolation, to `xargs -P`", where, "<=", 3, ratio, "×")
