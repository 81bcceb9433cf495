from __future__ import annotations

import pytest

from prodigy_action.model.step import Step
from prodigy_action.model.step_parts import WriteFile
from prodigy_action.pure.steps.step_titles import place_title, step_title


@pytest.mark.parametrize(
    ("step", "title"),
    (
        (Step(shell="make test", name="tests", id="t"), "tests"),
        (Step(shell="make test", id="t"), "t"),
        (Step(shell="make  test"), "make test"),
        (Step(shell="\n# why\nset -eu\n  make ${item.path}\nmake more\n"), "make ${item.path}"),
        (Step(shell="# nothing"), "shell step 3"),
        (Step(shell="x" * 80), "x" * 59 + "…"),
        (Step(shell="a\x1b[31mb"), "a[31mb"),
        (Step(claude="/fix it\nnow"), "claude /fix it"),
        (Step(write_file=WriteFile(path="out/${item}", content="")), "write_file out/${item}"),
    ),
)
def test_a_step_is_called_by_its_name_or_by_what_it_does_first(step: Step, title: str) -> None:
    assert step_title(step, 2) == title


def test_a_place_needs_no_text_of_the_command() -> None:
    assert (place_title(Step(shell="x"), 1), place_title(Step(shell="x", id="i"), 1)) == ("shell step 2", "i")
