"""Naming an item and its steps for `reproduce`, and its exit code."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.errors import GitFailed, InvalidInput, StepFailed, StepTimedOut
from prodigy_action.model.events import PlannedItem
from prodigy_action.model.workflow import Step
from prodigy_action.pure.journal.reproduction import (
    TIMED_OUT,
    exit_code_of,
    find_planned,
    reproduce_command,
    steps_to_run,
)

KEYS = ("a.py", "2", "same", "same", "7")
ITEMS = [PlannedItem(id=id, key=key, item=key, worktree_name=f"w-{id}") for id, key in enumerate(KEYS)]
NAMES = ["first", "second", "third", "fourth", "fifth"]
STEPS = (Step(name="build", shell="make"), Step(id="test", shell="make test"), Step(shell="true"))


@given(st.text(st.characters(exclude_characters="\0"), min_size=1), st.integers(0, 10**6))
def test_the_command_is_its_words_in_any_shell(directory: str, item_id: int) -> None:
    words = shlex.split(reproduce_command(directory, item_id))
    assert words[:2] == ["prodigy-action", "reproduce"]
    assert words[3:] == [str(item_id)]
    assert not words[2].startswith("-")
    assert words[2].removeprefix("./").rstrip("/") == directory.removeprefix("./").rstrip("/")


@pytest.mark.parametrize(
    ("wanted", "id"),
    (("0", 0), ("item_0", 0), ("a.py", 0), ("first", 0), ("2", 2), ("key=2", 1), ("7", 4), ("fourth", 3)),
)
def test_an_item_is_found_by_id_then_key_then_name(wanted: str, id: int) -> None:
    assert find_planned(ITEMS, wanted, NAMES, "r").id == id


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    (
        ("same", "2 items are called 'same'", "write one of their ids: 2, 3"),
        ("b.py", "no item has the id, the key or the name 'b.py'", "did you mean `a.py`?"),
        ("99", "no item", "ids are 0 to 4"),
    ),
)
def test_an_item_that_is_not_the_only_one_is_refused(wanted: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        find_planned(ITEMS, wanted, NAMES, "r")
    assert message in refused.value.diagnostics[0].message
    assert hint in (refused.value.diagnostics[0].hint or "")


@pytest.mark.parametrize(
    ("until", "shell", "count", "whole"),
    (
        (None, False, 3, True),
        ("build", False, 1, False),
        ("test", False, 2, False),
        ("3", False, 3, False),
        (None, True, 0, False),
        ("build", True, 0, False),
        ("3", True, 2, False),
    ),
)
def test_steps_run_up_to_one_and_a_shell_opens_in_front_of_it(
    until: str | None, shell: bool, count: int, whole: bool
) -> None:
    chosen = steps_to_run(STEPS, until, shell=shell)
    assert (len(chosen.steps), chosen.whole, chosen.opens_shell) == (count, whole, shell)


@pytest.mark.parametrize("until", ("biuld", "0", "4", ""))
def test_an_unknown_step_is_refused(until: str) -> None:
    with pytest.raises(InvalidInput, match="no step of the item"):
        steps_to_run(STEPS, until, shell=False)


@pytest.mark.parametrize(
    ("error", "code"),
    (
        (None, 0),
        (StepFailed("x", step="s", exit_code=7), 7),
        (StepFailed("x", step="s", exit_code=0), 1),
        (StepFailed("x", step="s"), 1),
        (StepTimedOut("x", step="s"), TIMED_OUT),
        (GitFailed("x"), 1),
    ),
)
def test_the_exit_code_is_that_of_the_failed_step(error: Exception | None, code: int) -> None:
    assert exit_code_of(error) == code
