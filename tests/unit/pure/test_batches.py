"""Steps as dependency analysis sees them."""

from __future__ import annotations

from typing import Any

import pytest

from prodigy_action.model.workflow import Handler, Step
from prodigy_action.pure.batches import command_of, commands_of, next_batches


def test_a_plain_shell_step_is_judged_by_its_text() -> None:
    assert not command_of(Step(shell="echo hi > f")).sequential


@pytest.mark.parametrize(
    "fields",
    (
        {"on_failure": Handler(ignore=True)},
        {"on_success": (Step(shell="true"),)},
        {"on_exit_code": {1: (Step(shell="true"),)}},
        {"commit_required": True},
        {"auto_commit": True},
        {"working_dir": "sub"},
        {"output_file": "out"},
        {"when": "x"},
        {"parallel": False},
    ),
)
def test_what_the_text_does_not_show_makes_a_step_a_barrier(fields: dict[str, Any]) -> None:
    assert command_of(Step(shell="echo hi", **fields)).sequential


def test_a_declared_footprint_wins_over_what_is_hidden() -> None:
    assert not command_of(Step(shell="make", working_dir="a", writes=("a/out",))).sequential


def test_parallel_false_wins_over_a_declared_footprint() -> None:
    assert command_of(Step(shell="make", writes=("a",), parallel=False)).sequential


def test_batches_end_at_a_barrier_and_go_on_behind_it() -> None:
    commands = commands_of(
        [Step(shell="echo a > a"), Step(shell="echo b > b"), Step(shell="make"), Step(shell="cat a")]
    )
    assert next_batches(commands, (), 0) == ([[0, 1], [2]], 3)
    assert next_batches(commands, (), 3) == ([[3]], 4)


def test_agent_commands_run_alone() -> None:
    commands = commands_of([Step(claude="/a"), Step(claude="/b")])
    assert next_batches(commands, (), 0) == ([[0]], 1)
