from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodigy_action.pure.journal.running_work import Snapshot
from prodigy_action.pure.text.visible_text import width
from prodigy_action.report.progress_text import counting_line, running_lines

NOW = Snapshot(
    phase="map",
    phase_seconds=90.0,
    planned=1000,
    ended=412,
    failed=3,
    running=[(number, 60.0 - number) for number in range(8)],
    left_seconds=130.0,
)


@pytest.mark.parametrize(
    ("changes", "line"),
    (
        ({}, "412 of 1,000 items · 3 failed · 8 running · about 2 min 10 s left"),
        ({"failed": 0, "left_seconds": None}, "412 of 1,000 items · 8 running"),
        ({"planned": 1, "ended": 1, "failed": 0, "running": []}, "1 of 1 item · 0 running"),
        ({"phase": "setup"}, "setup · 1 min 30 s"),
        ({"phase": "land"}, "landing the items · 1 min 30 s"),
    ),
)
def test_one_line_says_how_far_it_is(changes: dict[str, Any], line: str) -> None:
    assert counting_line(replace(NOW, **changes)) == line


@pytest.mark.parametrize("most", (0, 1, 3, 8, 100))
@pytest.mark.parametrize("columns", (10, 24, 80))
def test_running_items_fit_the_terminal_and_the_others_are_counted(most: int, columns: int) -> None:
    names = {0: "packages/" + "漢" * 60, 1: "a\x1b[31m\nb"}
    steps = {number: lambda: "make test \x1b[31m" + "é漢" * 40 for number in (0, 1, 3)}
    lines = list(running_lines(NOW, names, steps, most=most, columns=columns))
    assert len(lines) == min(most, 8)
    assert all(line.isprintable() for line in lines)
    if columns >= 24:
        assert all(width(line) <= columns for line in lines)
    if 0 < most < 8:
        assert lines[-1] == f"  … {8 - max(most - 1, 0)} more"


@pytest.mark.parametrize(
    ("columns", "line"),
    (
        (80, "  a.py · make test everything  1 min 0 s"),
        (32, "  a.py · make test…  1 min 0 s"),
        (24, "  a.py  1 min 0 s"),
    ),
)
def test_a_running_item_is_shown_with_its_current_step_where_there_is_room(columns: int, line: str) -> None:
    steps = {0: lambda: "make test everything"}
    assert next(running_lines(NOW, {0: "a.py"}, steps, most=9, columns=columns)) == line
