"""The measurements of `make bench` on a handful of items. No time is asserted."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.__main__ import PAGE, Found, main
from benchmarks.cost import COST, measure_plan
from benchmarks.figures import Figure
from benchmarks.many import MANY, measure_counts
from benchmarks.repositories import Shape
from benchmarks.sizes import SIZES
from benchmarks.sizes import measure_plan as measure_sizes
from benchmarks.tables import FIRST, LAST, Goal, markdown


def test_the_cost_of_a_few_items_becomes_a_table_with_a_row_for_each_way() -> None:
    found = Found(quiet=True)
    found.take(measure_plan(((6, 1),), Shape("tiny", 4, 100)))
    ways = [row.cells[1] for row in found.rows if row.layout == COST]
    assert {"`xargs -P`", "isolation: worktree", "isolation: none"} <= set(ways)
    tables = markdown(["* a machine"], found.rows, found.goals, found.figures)
    assert all(f"| 6 | {way} |" in tables for way in ways)
    assert "### Goals" in tables
    assert len(found.as_record()["tables"]) == len(ways)  # type: ignore[arg-type]


def test_large_repositories_are_measured_while_all_slots_are_at_work() -> None:
    found = Found(quiet=True)
    found.take(measure_sizes(((Shape("tiny", 4, 100), 8, 6),)))
    (row,) = found.rows
    assert row.layout == SIZES
    assert row.cells[0] == "4"
    assert all(float(cell) >= 0 for cell in row.cells if cell is not None and not isinstance(cell, str))
    assert [goal.where for goal in found.goals] == ["6 items, 4 files, 4 wide"]


def test_both_isolations_run_many_items_at_the_same_time() -> None:
    found = Found(quiet=True)
    found.take(measure_counts((4, 8), Shape("tiny", 4, 100)))
    ways = [tuple(row.cells[:2]) for row in found.rows if row.layout == MANY]
    assert ways == [(items, f"isolation: {isolation}") for items in "48" for isolation in ("worktree", "none")]
    assert {goal.where for goal in found.goals} == {"8 items, 4 files, 4 wide"}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Benchmarks that are replaced: the second part fails, the fourth one is interrupted after its first line."""

    def figure(name: str) -> Figure:
        return Figure(group=f"part {name}", name="a figure", value=1.5, unit="s")

    def failing(size: str) -> Iterator[Figure]:
        yield figure("cost")
        raise ValueError("no such thing")

    def interrupted(size: str) -> Iterator[Figure]:
        yield figure("widths")
        os.kill(os.getpid(), signal.SIGTERM)
        yield figure("never")

    for name in PAGE:
        part = ModuleType(f"benchmarks.{name}")
        usual = lambda size, name=name: iter([figure(name)])  # noqa: E731 - one for each name
        vars(part)["measure"] = {"cost": failing, "widths": interrupted}.get(name, usual)
        monkeypatch.setitem(sys.modules, part.__name__, part)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{FIRST}\n{LAST}\nafter\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--size", "quick", "--into", str(page)])
    before = signal.getsignal(signal.SIGTERM)
    yield page
    signal.signal(signal.SIGTERM, before)


def test_a_part_that_fails_or_is_cut_short_costs_no_other_its_figures_and_is_named(page: Path) -> None:
    assert main() == 1
    text = page.read_text()
    assert [name for name in PAGE if f"### Part {name}\n" in text] == ["fixed", "cost", "sizes", "widths"]
    assert "never" not in text
    missing = "cost (failed), widths (cut short), commits (not measured), memory (not measured)"
    assert f"* **not whole**: tables and goals of these are missing, or lack lines: {missing}\n" in text


def test_a_goal_that_is_missed_says_so() -> None:
    slow = Goal("an item", "1,000 items", "<=", 4, 12.25, "ms")
    assert slow.as_row().cells == ("an item", "1,000 items", "≤ 4 ms", "12.2 ms", "**no**")
    assert Goal("items", "1,000 items", ">=", 350, 350, "items/s").as_row().cells[-1] == "yes"
