"""Wide maps: how much of the time of their items is left when many wait side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Size
from benchmarks.launching import run_program, run_xargs
from benchmarks.repositories import TWO_THOUSAND, make_repository
from benchmarks.tables import Goal, Layout, Row

WIDTHS = Layout(
    "Wide maps",
    ("wide", "items of 1 s", "at best, s", "whole run, s", "efficiency", "with `xargs -P`"),
    "Items that run `sleep 1`. Efficiency is the best possible time over that of the run without what a run of one "
    "item takes beyond its second.",
)
PLAN: dict[Size, tuple[tuple[int, int], ...]] = {"quick": ((8, 16), (100, 200)), "full": ((8, 80), (100, 1_000))}
"""Width and items."""


def measure(size: Size) -> Iterator[Row | Goal]:
    """A row for each width."""
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        repository = make_repository(Path(name) / "r", TWO_THOUSAND)
        fixed = run_program(repository, 1, 1).wall
        for wide, items in PLAN[size]:
            best = -(-items // wide)
            run = run_program(repository, items, wide, command="sleep 1")
            floor = run_xargs(repository, items, wide, command="sleep 1")
            efficiency = best / (run.wall - fixed)
            yield Row(WIDTHS, (wide, f"{items:,}", best, run.wall, efficiency, best / floor.wall))
            if wide == 100:
                yield Goal(f"efficiency of {items:,} items of 1 s, 100 wide", ">=", 0.93, efficiency)
