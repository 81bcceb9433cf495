"""Tables of figures, and goals that were set: as text for a terminal, and in Markdown for `docs/performance.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.figures import Figure

FIRST, LAST = "<!-- figures -->", "<!-- end of figures -->"
"""The marks around the tables in the page."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table without its rows. The page has every layout under its title."""

    title: str
    heads: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; a number is shown with as many digits as it deserves, None as a dash."""

    layout: Layout
    cells: tuple[str | float | None, ...]

    def as_record(self) -> Mapping[str, object]:
        """For the JSON file."""
        return {"table": self.layout.title, **dict(zip(self.layout.heads, self.cells, strict=True))}


GOALS = Layout("Goals", ("goal", "measured on", "wanted", "measured", "held"))
FIGURES = ("figure", "value", "unit", "goal")
"""The heads of a table made of figures."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should come to. `than` is the direction: at most, or at least, `limit`."""

    text: str
    where: str
    """On what it was measured: items, files, width."""
    than: Literal["<=", ">="]
    limit: float
    measured: float
    unit: str = ""

    @property
    def held(self) -> bool:
        """Whether the figure is what was wanted."""
        return self.measured <= self.limit if self.than == "<=" else self.measured >= self.limit

    def as_row(self) -> Row:
        """A line of the table of goals."""
        wanted = f"{'≤' if self.than == '<=' else '≥'} {shown(self.limit)} {self.unit}".strip()
        measured = f"{shown(self.measured)} {self.unit}".strip()
        return Row(GOALS, (self.text, self.where, wanted, measured, "yes" if self.held else "**no**"))


def shown(cell: str | float | None) -> str:
    """A cell as text: three digits that count."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if cell == int(cell) or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"


def head_lines(heads: Sequence[str]) -> list[str]:
    """The first two lines of a table in Markdown: texts to the left, figures to the right."""
    texts = {"way", "figure", "unit", "goal", "measured on", "wanted", "measured", "held"}
    return [f"| {' | '.join(heads)} |", f"|{'|'.join('---' if head in texts else '--:' for head in heads)}|"]


def table_lines(layout: Layout, rows: Sequence[Row]) -> list[str]:
    """A table in Markdown, under its title."""
    lines = [f"### {layout.title}", "", *((layout.note, "") if layout.note else ()), *head_lines(layout.heads)]
    return [*lines, *(f"| {' | '.join(map(shown, row.cells))} |" for row in rows), ""]


def markdown(machine: Sequence[str], rows: Sequence[Row], goals: Sequence[Goal], figures: Sequence[Figure]) -> str:
    """All tables: machine, goals, the tables in the order in which they began, and one for each group of figures."""
    lines = [*machine, ""]
    if goals:
        lines += table_lines(GOALS, [goal.as_row() for goal in goals])
    for layout in dict.fromkeys(row.layout for row in rows):
        lines += table_lines(layout, [row for row in rows if row.layout == layout])
    for group in dict.fromkeys(figure.group for figure in figures):
        layout = Layout(group[:1].upper() + group[1:], FIGURES)
        own = (figure for figure in figures if figure.group == group)
        lines += table_lines(layout, [Row(layout, (each.name, each.value, each.unit, each.goal)) for each in own])
    return "\n".join(lines)


def put_between_marks(page: str, tables: str) -> str:
    """The page with these tables. Raises `ValueError` when it has no marks."""
    start, end = page.index(FIRST) + len(FIRST), page.index(LAST)
    return f"{page[:start]}\n\n{tables.strip()}\n\n{page[end:]}"
