"""How much of the slots' time agents get, and what more items or more slots cost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from benchmarks.figures import Figure, Size
from benchmarks.repositories import SMALL, TWO_THOUSAND, fresh, make_repository
from benchmarks.ways import COMMIT_ONE_FILE, Ours, run_bare, run_ours

WAIT_A_SECOND = "sleep 1"
EFFICIENCY: dict[Size, tuple[tuple[int, int, float], ...]] = {
    "quick": ((10, 40, 0.95),),
    "full": ((10, 100, 0.95), (100, 1000, 0.90)),
}
"""Width, items of one second, the least efficiency wanted."""
COUNTS: dict[Size, tuple[int, int]] = {"quick": (20, 60), "full": (100, 1000)}


def measure(size: Size) -> Iterator[Figure]:
    """Efficiency of items of one second; the cost of an item among many; how soon reduce starts."""
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        root = Path(name)
        small = make_repository(root / "small", SMALL)
        for wide, items, least in EFFICIENCY[size]:
            yield from _efficiency(root, small, wide, items, least)
        yield from _many(root, make_repository(root / "2k", TWO_THOUSAND), *COUNTS[size])
        yield from _launchers(root, small, COUNTS[size][0])


def _efficiency(root: Path, origin: Path, wide: int, items: int, least: float) -> Iterator[Figure]:
    group = f"efficiency, {items} items of 1 s, {wide} wide"
    run = run_ours(fresh(origin, root / "wide/r"), WAIT_A_SECOND, items, wide)
    phase = run.results["phases"]["map"]
    ideal = items / wide
    yield Figure(group=group, name="ideal / map phase", value=ideal / phase["seconds"], unit="", goal=f">= {least:.2f}")
    yield Figure(group=group, name="ideal / whole run", value=ideal / run.spent.wall, unit="")
    floor = run_bare(fresh(origin, root / "floor/r"), WAIT_A_SECOND, items, wide)
    yield Figure(group=group, name="ideal / xargs -P", value=ideal / floor.wall, unit="")


def _many(root: Path, origin: Path, few: int, many: int) -> Iterator[Figure]:
    group = f"{few} against {many} items, 2k, 4 wide"
    runs: dict[int, Ours] = {}
    for count in (few, many):
        runs[count] = run_ours(fresh(origin, root / f"count-{count}/r"), COMMIT_ONE_FILE, count, 4)
        each = 1000 * runs[count].phases_seconds / count
        yield Figure(group=group, name=f"agents and landing, per item of {count}", value=each, unit="ms")
    ratio = (runs[many].phases_seconds / many) / (runs[few].phases_seconds / few)
    yield Figure(group=group, name="per item, many / few", value=ratio, unit="x", goal="<= 1")
    wait = _seconds_to_reduce(runs[many])
    yield Figure(group=group, name=f"reduce starts after the last of {many} items", value=wait, unit="s", goal="< 1")
    for name in ("setup", "map", "land", "reduce", "merge"):
        if name in runs[many].results["phases"]:
            seconds = runs[many].results["phases"][name]["seconds"]
            yield Figure(group=group, name=f"phase {name} of {many} items", value=seconds, unit="s")
    rest = runs[many].spent.wall - runs[many].results["seconds"]
    yield Figure(group=group, name="start-up and reports", value=rest, unit="s")


def _launchers(root: Path, origin: Path, items: int) -> Iterator[Figure]:
    group = f"{items} items, small, 4 wide, against launchers without isolation"
    repository = fresh(origin, root / "launchers/r")
    ours = run_ours(fresh(origin, root / "launched/r"), COMMIT_ONE_FILE, items, 4)
    floor = run_bare(repository, COMMIT_ONE_FILE, items, 4)
    yield Figure(group=group, name="agents and landing / xargs -P", value=ours.phases_seconds / floor.wall, unit="x")
    yield Figure(group=group, name="whole run / xargs -P", value=ours.spent.wall / floor.wall, unit="x")
    yield Figure(group=group, name="processor time / xargs -P", value=ours.spent.cpu / floor.cpu, unit="x")
    if shutil.which("parallel") is not None:
        other = run_bare(fresh(origin, root / "gnu/r"), COMMIT_ONE_FILE, items, 4, with_parallel=True)
        yield Figure(
            group=group, name="agents and landing / GNU parallel", value=ours.phases_seconds / other.wall, unit="x"
        )


def _seconds_to_reduce(run: Ours) -> float:
    ends = [event["at"] for event in run.events if event["event"] == "agent_finished"]
    begun = [event["at"] for event in run.events if event["event"] == "phase_started" and event["phase"] == "reduce"]
    return (datetime.fromisoformat(begun[0]) - datetime.fromisoformat(max(ends))).total_seconds()
