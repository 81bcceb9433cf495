"""`docs/performance.md` shows the tables that the benchmarks print, and each measurement that belongs there exists."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise

import pytest

from benchmarks.__main__ import FULL_ALONE, PAGE
from benchmarks.cost import COST
from benchmarks.fixed import FIXED
from benchmarks.many import MANY
from benchmarks.sizes import SIZES
from benchmarks.tables import FIGURES, FIRST, GOALS, LAST, Layout, head_lines, put_between_marks
from benchmarks.widths import WIDTHS
from tests.contract.generated_parts import ROOT

TEXT = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
HOW = "write the tables anew with: python -m benchmarks --into docs/performance.md"


@pytest.mark.parametrize("layout", (GOALS, FIXED, COST, SIZES, WIDTHS), ids=lambda layout: layout.title)
def test_the_page_has_each_table_with_the_heads_that_the_benchmark_prints(layout: Layout) -> None:
    _, _, after = TEXT.partition(f"### {layout.title}\n")
    table = after.partition("### ")[0]
    assert "\n".join(head_lines(layout.heads)) in table, HOW
    assert layout.note in table, HOW


def test_every_table_of_figures_has_heads_that_the_benchmark_prints() -> None:
    tables = TEXT[TEXT.index(FIRST) : TEXT.index(LAST)]
    known = {head_lines(layout.heads)[0] for layout in (GOALS, FIXED, COST, SIZES, WIDTHS, MANY)}
    lines = tables.splitlines()
    heads = [above for above, line in pairwise(lines) if line.startswith(("|---", "|--:"))]
    assert set(heads) <= {*known, head_lines(FIGURES)[0]}, HOW


@pytest.mark.parametrize("name", [name for name in (*PAGE, *FULL_ALONE) if find_spec(f"benchmarks.{name}")])
def test_each_measurement_of_the_page_can_be_called(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").measure)


def test_tables_are_put_between_the_marks_and_nothing_else_changes() -> None:
    page = put_between_marks(f"before\n{FIRST}\nold\n{LAST}\nafter\n", "new")
    assert page == f"before\n{FIRST}\n\nnew\n\n{LAST}\nafter\n"
