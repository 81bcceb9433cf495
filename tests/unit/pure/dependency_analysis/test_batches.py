"""Steps as dependency analysis sees them."""

from __future__ import annotations

from typing import Any

import pytest

from prodigy_action.model.workflow import Handler, Retry, Step, Validation
from prodigy_action.pure.dependency_analysis.batches import command_of, commands_of
from tests.support.shell_parsing import next_batches


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
        {"validation": Validation(steps=(Step(shell="true"),))},
        {"retry": Retry(fallback=Step(shell="true"))},
        {"interpolation": "raw"},
        {"parallel": False},
    ),
)
def test_what_the_text_does_not_show_makes_a_step_a_barrier(fields: dict[str, Any]) -> None:
    assert command_of(Step(shell='echo "${hi}"', **fields)).sequential


def test_a_fallback_for_every_step_makes_each_a_barrier() -> None:
    (command,) = commands_of([Step(shell="echo hi")], Retry(fallback=Step(shell="touch f")))
    assert command.sequential


def test_a_retry_of_its_own_replaces_the_one_for_every_step() -> None:
    steps = [Step(shell="echo hi", retry=Retry(attempts=2))]
    assert not commands_of(steps, Retry(fallback=Step(shell="touch f")))[0].sequential


def batches_of(*steps: Step) -> list[list[int]]:
    return next_batches(commands_of(steps), (), 0)[0]


def test_a_directory_and_an_output_file_are_paths_of_the_footprint() -> None:
    writer = Step(shell="echo x > f", working_dir="sub")
    assert batches_of(writer, Step(shell="cat sub/f"), Step(shell="cat f")) == [[0, 2], [1]]
    assert batches_of(Step(shell="echo x", output_file="d/f"), Step(shell="touch d/g"), Step(shell="cat f")) == [
        [0, 2],
        [1],
    ]
    assert batches_of(Step(shell="cat f", working_dir="${DIR}"), Step(shell="cat g")) == [[0]]


@pytest.mark.parametrize(
    "reader",
    (
        Step(shell="true", env={"X": "v=${V}"}),
        Step(shell="true", when="V == 'x'"),
        Step(shell="true", writes=(), on_success=(Step(shell='echo "${V}"'),)),
        Step(shell="true", writes=(), on_failure=Handler(steps=(Step(shell="true", when="V"),))),
    ),
)
def test_a_value_in_any_text_of_a_step_orders_it_behind_the_capture(reader: Step) -> None:
    assert batches_of(Step(shell="cat f", capture="V"), reader) == [[0], [1]]


def test_what_a_step_sets_for_programs_counts() -> None:
    assert command_of(Step(shell="cat f", env={"PATH": "bin"})).environment == ("PATH",)


def test_what_an_earlier_validation_found_orders_behind_it() -> None:
    checked = Step(shell="true", writes=(), validation=Validation(steps=(Step(shell="cat report"),)))
    assert batches_of(checked, Step(shell="echo a > a"), Step(shell='echo "${validation.gaps}"')) == [[0, 1], [2]]


def test_a_step_with_a_condition_may_be_skipped() -> None:
    assert command_of(Step(shell="echo b", when="x")).skippable


def test_a_declared_footprint_wins_over_what_is_hidden() -> None:
    assert not command_of(Step(shell="make", commit_required=True, writes=("a/out",))).sequential


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
