"""The measurements of `make bench` on a handful of items. No time is asserted."""

from __future__ import annotations

from benchmarks.__main__ import Found
from benchmarks.cost import COST, measure_plan
from benchmarks.repositories import Shape
from benchmarks.sizes import SIZES
from benchmarks.sizes import measure_plan as measure_sizes
from benchmarks.tables import Goal, markdown


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


def test_a_goal_that_is_missed_says_so() -> None:
    slow = Goal("an item", "1,000 items", "<=", 4, 12.25, "ms")
    assert slow.as_row().cells == ("an item", "1,000 items", "≤ 4 ms", "12.2 ms", "**no**")
    assert Goal("items", "1,000 items", ">=", 350, 350, "items/s").as_row().cells[-1] == "yes"
