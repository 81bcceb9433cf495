"""What the number of files in the repository costs: at the start, for an unchanged item, and for one that commits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Size
from benchmarks.launching import run_program, start_wide
from benchmarks.repositories import LARGE, MEDIUM, TWO_THOUSAND, Shape, clone, make_repository
from benchmarks.tables import Goal, Layout, Row
from benchmarks.ways import COMMIT_ONE_FILE, run_bare, run_ours

WIDE = 4
SIZES = Layout(
    "Large repositories",
    ("files", "run of one item, s", "unchanged item, ms", "unchanged item, CPU ms", "committing item, ms", "bare, ms"),
    f"{WIDE} wide. Times of an item are on the wall, over all items; a committing item writes, adds and commits one "
    "file, and its time holds its landing. Bare: the same commands through `xargs -P` in worktrees that exist.",
)
PLAN: dict[Size, tuple[tuple[Shape, int, int], ...]] = {
    "quick": ((TWO_THOUSAND, 300, 20), (MEDIUM, 300, 20)),
    "full": ((TWO_THOUSAND, 1_000, 100), (LARGE, 200, 60)),
}
"""Shape, items that change nothing, items that commit."""


def measure(size: Size) -> Iterator[Row | Goal]:
    """A row for each repository."""
    for shape, unchanged, committing in PLAN[size]:
        with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
            yield from _measure_on(Path(name), shape, unchanged, committing)


def _measure_on(root: Path, shape: Shape, unchanged: int, committing: int) -> Iterator[Row | Goal]:
    repository = make_repository(root / "r", shape)
    one, many = run_program(repository, 1, WIDE), run_program(repository, unchanged, WIDE)
    # The first item of each slot waits for a worktree: a run as wide as the measured one has paid for them.
    few = start_wide(repository, WIDE)
    item, cpu = (1000 * (after - before) / (unchanged - WIDE) for after, before in (
        (many.wall, few.wall), (many.cpu, few.cpu)))  # fmt: skip
    for each in ("ours", "bare"):
        (root / each).mkdir()
    ours = run_ours(clone(repository, root / "ours/r"), COMMIT_ONE_FILE, committing, WIDE)
    bare = run_bare(clone(repository, root / "bare/r"), COMMIT_ONE_FILE, committing, WIDE)
    commit_ms, bare_ms = 1000 * ours.phases_seconds / committing, 1000 * bare.wall / committing
    yield Row(SIZES, (f"{shape.files:,}", one.wall, item, cpu, commit_ms, bare_ms))
    if shape is LARGE:
        yield Goal("a committing item in 50,000 files, over bare commands", "<=", 120, commit_ms - bare_ms, "ms")
