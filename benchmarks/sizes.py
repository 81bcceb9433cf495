"""What the number of files in the repository costs: at the start, for an unchanged item, and for one that commits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.at_work import run_at_work
from benchmarks.figures import Size
from benchmarks.launching import run_program
from benchmarks.repositories import LARGE, TEN_THOUSAND, TWO_THOUSAND, Shape, clone, make_repository
from benchmarks.tables import Goal, Layout, Row
from benchmarks.ways import COMMIT_ONE_FILE, run_bare

WIDE = 4
SIZES = Layout(
    "Large repositories",
    (
        "files", "run of one item, s", f"first {WIDE} worktrees, s", "unchanged items", "unchanged item, ms",
        "unchanged item, CPU ms", "committing items", "committing item, ms", "bare, ms",
    ),
    f"{WIDE} wide. Times of an item are on the wall, over the items that begin after each slot has its worktree. "
    "A committing item writes, adds and commits one file, and its time holds the landings beside it. Bare: the same "
    "commands through `xargs -P` in worktrees that exist.",
)  # fmt: skip
PLAN: dict[Size, tuple[tuple[Shape, int, int], ...]] = {
    "quick": ((TWO_THOUSAND, 300, 30), (TEN_THOUSAND, 300, 20)),
    "full": ((TWO_THOUSAND, 1_000, 100), (LARGE, 400, 60)),
}
"""Shape, items that change nothing, items that commit."""


def measure(size: Size) -> Iterator[Row | Goal]:
    """A row for each repository."""
    yield from measure_plan(PLAN[size])


def measure_plan(plan: tuple[tuple[Shape, int, int], ...]) -> Iterator[Row | Goal]:
    """As `measure`, with other repositories and numbers of items; the goal is about the largest repository."""
    largest = max(shape.files for shape, *_ in plan)
    for shape, unchanged, committing in plan:
        with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
            repository = make_repository(Path(name) / "r", shape)
            # Made before anything lands, so that the same commits can be made there.
            apart = clone(repository, Path(name) / "apart/r", "--no-checkout")
            one = run_program(repository, 1, WIDE)
            still = run_at_work(repository, "true", unchanged, WIDE)
            busy = run_at_work(repository, COMMIT_ONE_FILE, committing, WIDE)
            bare = run_bare(apart, COMMIT_ONE_FILE, committing, WIDE)
        landing = busy.results["phases"]["land"]["seconds"] / committing
        commit_ms, bare_ms = 1000 * (busy.item_seconds + landing), 1000 * bare.wall / committing
        unchanged_ms = (1000 * still.item_seconds, 1000 * still.item_cpu)
        counts = (f"{unchanged:,}", *unchanged_ms, f"{committing:,}", commit_ms, bare_ms)
        yield Row(SIZES, (f"{shape.files:,}", one.wall, still.slots_seconds, *counts))
        if shape.files == largest:
            where = f"{committing:,} items, {shape.files:,} files, {WIDE} wide"
            yield Goal("a committing item over bare commands", where, "<=", 120, commit_ms - bare_ms, "ms")
