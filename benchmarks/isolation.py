"""What an item costs over its bare commands, here and with the obvious design, on repositories of several sizes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Size, Spent, middle
from benchmarks.repositories import LARGE, MEDIUM, SMALL, TWO_THOUSAND, Shape, fresh, make_repository
from benchmarks.ways import COMMIT_ONE_FILE, Ours, run_bare, run_obvious, run_ours

PARALLEL = 4
PLAN: dict[Size, tuple[tuple[Shape, int, int, int], ...]] = {
    "quick": ((SMALL, 24, 12, 1), (TWO_THOUSAND, 24, 8, 1)),
    "full": ((SMALL, 100, 50, 3), (TWO_THOUSAND, 100, 40, 3), (MEDIUM, 100, 20, 3), (LARGE, 60, 8, 1)),
}
"""Shape, items of ours, items of the obvious design, repetitions."""


def measure(size: Size) -> Iterator[Figure]:
    """Milliseconds over the bare commands, and how many times cheaper than the obvious design that is."""
    for shape, items, obvious_items, repetitions in PLAN[size]:
        with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
            yield from _measure_on(Path(name), shape, items, obvious_items, repetitions)


def _measure_on(root: Path, shape: Shape, items: int, obvious_items: int, repetitions: int) -> Iterator[Figure]:
    group = f"isolation, {shape.name} ({shape.files:,} files), {PARALLEL} wide"
    origin = make_repository(root / "origin", shape)
    ran: list[Ours] = []
    failed: list[int] = []

    def ours() -> Spent:
        ran.append(run_ours(fresh(origin, root / "ours/r"), COMMIT_ONE_FILE, items, PARALLEL))
        return ran[-1].spent

    def obvious() -> Spent:
        ended = run_obvious(fresh(origin, root / "obvious/r"), COMMIT_ONE_FILE, obvious_items, PARALLEL)
        failed.append(ended.failed)
        return ended.spent

    def bare() -> Spent:
        return run_bare(fresh(origin, root / "bare/r"), COMMIT_ONE_FILE, items, PARALLEL)

    floor, mine, theirs = (middle(way, repetitions) for way in (bare, ours, obvious))
    landed = min(run.results["counts"]["succeeded"] for run in ran)
    phases = sorted(run.phases_seconds for run in ran)[len(ran) // 2]
    bare_ms = 1000 * floor.wall / items
    agents_ms = 1000 * phases / items - bare_ms
    whole_ms = 1000 * mine.wall / items - bare_ms
    obvious_ms = 1000 * theirs.wall / obvious_items - bare_ms
    goal = {"2k": "<= 40, better <= 25"}.get(shape.name)
    yield Figure(group=group, name="bare commands, per item", value=bare_ms, unit="ms")
    yield Figure(group=group, name="agents and landing over bare, per item", value=agents_ms, unit="ms", goal=goal)
    yield Figure(group=group, name=f"whole run of {items} over bare, per item", value=whole_ms, unit="ms")
    yield Figure(group=group, name="obvious design over bare, per item", value=obvious_ms, unit="ms")
    cheaper_goal = ">= 20" if shape is LARGE else None
    yield Figure(
        group=group, name="obvious / ours", value=obvious_ms / max(agents_ms, 1.0), unit="x", goal=cheaper_goal
    )
    cpu = (1000 * (spent.cpu - floor.cpu * share) / count for spent, count, share in (
        (mine, items, 1.0), (theirs, obvious_items, obvious_items / items)))  # fmt: skip
    mine_cpu, theirs_cpu = cpu
    yield Figure(group=group, name="processor time over bare, whole run, per item", value=mine_cpu, unit="ms")
    yield Figure(group=group, name="processor time, obvious / ours", value=theirs_cpu / max(mine_cpu, 1.0), unit="x")
    yield Figure(group=group, name="items not landed by ours", value=items - landed, unit="items", goal="0")
    yield Figure(group=group, name=f"items of {obvious_items} failed, obvious", value=max(failed), unit="items")
