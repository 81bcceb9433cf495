"""100,000 items in one job: whether memory stays small, and whether an item costs what it costs among 10,000.

Both isolations run at the same time, which takes two thirds of the time that they take one after the other. Runs are
compared with runs that had the same neighbour.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from benchmarks.cost import ISOLATIONS, WIDE
from benchmarks.figures import Size
from benchmarks.launching import Launched, run_program
from benchmarks.repositories import TWO_THOUSAND, Shape, make_repository
from benchmarks.tables import Goal, Layout, Row

MANY = Layout(
    "Many items in one job",
    ("items", "way", "whole run, s", "CPU per item, ms", "largest process, MB"),
    f"Items that run `true`, {WIDE} wide, in a repository of {TWO_THOUSAND.files:,} files. The two runs of a number of "
    "items are at work at the same time, each on half of the machine. CPU is that of all processes of the whole run, "
    "start and reports included.",
)
COUNTS = (10_000, 100_000)
SLOWER = 1.15
"""How much more an item may cost among many."""


def measure(size: Size) -> Iterator[Row | Goal]:
    """Two rows for each number of items, then the goals; the full form alone has this part."""
    yield from measure_counts(COUNTS, TWO_THOUSAND)


def measure_counts(counts: tuple[int, int], shape: Shape) -> Iterator[Row | Goal]:
    """As `measure`, with other numbers of items, the few first, and another repository."""
    runs: dict[tuple[int, str], Launched] = {}
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name, ThreadPoolExecutor(len(ISOLATIONS)) as threads:
        repositories = [make_repository(Path(name) / isolation / "r", shape) for isolation in ISOLATIONS]
        for items in counts:
            pids: list[int] = []
            begun = [
                threads.submit(run_program, repository, items, WIDE, isolation=isolation, started=pids.append)
                for repository, isolation in zip(repositories, ISOLATIONS, strict=True)
            ]
            try:
                wait(begun)
            except BaseException:  # interrupted: without this, the threads wait for the ends of the runs
                for pid in pids:
                    os.kill(pid, signal.SIGTERM)
                raise
            for isolation, each in zip(ISOLATIONS, begun, strict=True):
                run = runs[items, isolation] = each.result()
                shown = (run.wall, 1000 * run.cpu / items, run.peak_bytes / 1e6)
                yield Row(MANY, (f"{items:,}", f"isolation: {isolation}", *shown))
    few, many = counts
    where = f"{many:,} items, {shape.files:,} files, {WIDE} wide"
    for isolation in ISOLATIONS:
        less, more = runs[few, isolation], runs[many, isolation]
        yield Goal(f"memory, isolation: {isolation}", where, "<=", 500, more.peak_bytes / 1e6, "MB")
        for what, ratio in (("wall", more.wall / less.wall), ("CPU", more.cpu / less.cpu)):
            text = f"an item of {many:,} against one of {few:,}, {what}, isolation: {isolation}"
            yield Goal(text, where, "<=", SLOWER, ratio * few / many, "×")
