"""What an item that commits costs: bare commands, the map, the whole process, and the obvious design, in one run.

With `strace` installed, the full size also counts the programs and the syncs of an item: no other work on the machine
can change these.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, Size, Spent
from benchmarks.repositories import TWO_THOUSAND, clean_environ, fresh, make_repository
from benchmarks.tables import Goal
from benchmarks.ways import COMMIT_ONE_FILE, Ours, run_bare, run_obvious, run_ours, workflow_of

PARALLEL = 4
PLAN: dict[Size, tuple[int, int, int]] = {"quick": (40, 6, 1), "full": (120, 40, 3)}
"""Items of ours, items of the obvious design, repetitions."""
FEW, MANY = 20, 60
"""Items of the two runs whose calls are counted."""
_CALLS = re.compile(r"(execve|fsync|fdatasync)(?:\(| resumed).*= 0$")


@dataclass(slots=True)
class _Round:
    """One turn of all ways, side by side: the machine was about as busy for each."""

    bare: Spent
    ours: Ours
    obvious: Spent


def measure(size: Size) -> Iterator[Figure | Goal]:
    """Milliseconds of an item, on the wall and of processors, and the ratios that were promised."""
    items, obvious_items, repetitions = PLAN[size]
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        root = Path(name)
        origin = make_repository(root / "origin", TWO_THOUSAND)
        rounds = [_round(origin, root, items, obvious_items) for _ in range(repetitions)]
        group = f"items that commit, {TWO_THOUSAND.files:,} files, {items} items, {PARALLEL} wide"
        yield from _figures(group, rounds, items, obvious_items)
        if size == "full" and shutil.which("strace"):
            yield from _calls(group, origin, root)


def _round(origin: Path, root: Path, items: int, obvious_items: int) -> _Round:
    bare = run_bare(fresh(origin, root / "bare/r"), COMMIT_ONE_FILE, items, PARALLEL)
    ours = run_ours(fresh(origin, root / "ours/r"), COMMIT_ONE_FILE, items, PARALLEL)
    if ours.results["counts"]["succeeded"] != items:
        raise RuntimeError(f"not all items landed: {ours.results['counts']}")
    obvious = run_obvious(fresh(origin, root / "obvious/r"), COMMIT_ONE_FILE, obvious_items, PARALLEL)
    return _Round(bare, ours, obvious.spent)


def _figures(group: str, rounds: list[_Round], items: int, obvious_items: int) -> Iterator[Figure | Goal]:
    def milliseconds(name: str, values: list[float], count: int) -> Figure:
        return Figure(group=group, name=name, value=1000 * statistics.median(values) / count, unit="ms")

    bare = milliseconds("bare commands, wall per item", [each.bare.wall for each in rounds], items)
    phases = milliseconds("map and landing, wall per item", [each.ours.phases_seconds for each in rounds], items)
    whole = milliseconds("whole process, wall per item", [each.ours.spent.wall for each in rounds], items)
    obvious = milliseconds("obvious design, wall per item", [each.obvious.wall for each in rounds], obvious_items)
    yield from (bare, phases, whole, obvious)
    yield milliseconds("bare commands, processors per item", [each.bare.cpu for each in rounds], items)
    yield milliseconds("whole process, processors per item", [each.ours.spent.cpu for each in rounds], items)
    yield milliseconds("obvious design, processors per item", [each.obvious.cpu for each in rounds], obvious_items)
    over = phases.value - bare.value
    theirs = obvious.value - bare.value
    where = f"{items:,} items ({obvious_items:,} of the obvious design), {TWO_THOUSAND.files:,} files, {PARALLEL} wide"
    yield Goal("a committing item in the map, over bare commands", where, "<=", 8, over, "ms")
    yield Goal("obvious design / whole process", where, ">=", 8, obvious.value / whole.value, "×")
    yield Goal("obvious design / map, both over bare commands", where, ">=", 20, theirs / max(over, 0.1), "×")


def _calls(group: str, origin: Path, root: Path) -> Iterator[Figure]:
    few, many = (_calls_of(origin, root, count) for count in (FEW, MANY))
    for call, name in (("execve", "programs started"), ("fdatasync", "fdatasync"), ("fsync", "fsync")):
        value = (many.get(call, 0) - few.get(call, 0)) / (MANY - FEW)
        yield Figure(group=group, name=f"{name}, per item", value=value, unit="calls")


def _calls_of(origin: Path, root: Path, items: int) -> dict[str, int]:
    repository = fresh(origin, root / "traced/r")
    workflow = workflow_of(repository, COMMIT_ONE_FILE, items)
    trace = root / "trace"
    subprocess.run(
        ["strace", "-f", "-qq", "-s", "0", "-e", "trace=execve,fsync,fdatasync", "-o", str(trace), "--",
         sys.executable, "-m", "prodigy_action", "run", str(workflow), "--max-parallel", str(PARALLEL)],
        cwd=repository, env=clean_environ(), capture_output=True, check=True,
    )  # fmt: skip
    found: dict[str, int] = {}
    for line in trace.read_text().splitlines():
        if (call := _CALLS.search(line)) is not None:
            found[call[1]] = found.get(call[1], 0) + 1
    return found
