"""Wide maps: how much of the time of their items is left when many wait side by side."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cost import ISOLATIONS
from benchmarks.figures import Size
from benchmarks.launching import Launched, run_program, run_xargs
from benchmarks.repositories import TWO_THOUSAND, make_repository
from benchmarks.tables import Goal, Layout, Row

WIDTHS = Layout(
    "Wide maps",
    ("wide", "way", "items of 1 s", "at best, s", "whole run, s", "efficiency", "largest process, MB"),
    f"Items that run `sleep 1` in a repository of {TWO_THOUSAND.files:,} files. Efficiency is the best possible time "
    "over that of the map, which makes the worktrees, too; of `xargs -P`, over that of the run.",
)
PLAN: dict[Size, tuple[tuple[int, int], ...]] = {"quick": ((8, 16), (100, 200)), "full": ((8, 40), (100, 1_000))}
"""Width and items."""


def measure(size: Size) -> Iterator[Row | Goal]:
    """A row for each width and each way."""
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        repository = make_repository(Path(name) / "r", TWO_THOUSAND)
        for wide, items in PLAN[size]:
            best = -(-items // wide)
            floor = run_xargs(repository, items, wide, command="sleep 1")
            yield _row(wide, "`xargs -P`", items, best, floor, best / floor.wall)
            for isolation in ISOLATIONS:
                run = run_program(repository, items, wide, command="sleep 1", isolation=isolation)
                results = json.loads((repository / "prodigy-results/results.json").read_text())
                efficiency = best / results["phases"]["map"]["seconds"]
                yield _row(wide, f"isolation: {isolation}", items, best, run, efficiency)
                if wide == 100:
                    where = f"{items:,} items of 1 s, {TWO_THOUSAND.files:,} files, {wide} wide"
                    yield Goal(f"efficiency, isolation: {isolation}", where, ">=", 0.93, efficiency)


def _row(wide: int, way: str, items: int, best: int, run: Launched, efficiency: float) -> Row:
    return Row(WIDTHS, (str(wide), way, f"{items:,}", best, run.wall, efficiency, run.peak_bytes / 1e6))
