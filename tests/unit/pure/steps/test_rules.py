"""Limits, failures and the variables of one step."""

from __future__ import annotations

import pytest

from prodigy_action.model.command import CompletedCommand
from prodigy_action.model.workflow import CaptureStreams, Step
from prodigy_action.pure.steps.rules import capture_updates, failure_message, output_updates, step_timeout, watches_head

STREAMS = {"stdout": "7", "stderr": "warned", "exit_code": 0, "succeeded": True, "seconds": 0.25}


@pytest.mark.parametrize(
    ("step", "expected"),
    (
        (Step(shell="x", timeout=3), 3),
        (Step(shell="x"), 20),
        (Step(claude="x"), 30),
        (Step(validation=None, write_file=None, shell="x"), 20),
    ),
)
def test_a_steps_own_limit_wins_over_its_kind_and_position(step: Step, expected: float) -> None:
    assert step_timeout(step, 1, {"shell": 10, "shell_1": 20, "claude": 30}) == expected


@pytest.mark.parametrize(
    ("completed", "message"),
    (
        (CompletedCommand(exit_code=0), None),
        (CompletedCommand(exit_code=3), "exit code 3"),
        (CompletedCommand(exit_code=137, signal=9), "killed by signal 9"),
        (CompletedCommand(exit_code=143, timed_out=True), "timed out after 5 s"),
        (CompletedCommand(exit_code=0, timed_out=True), "timed out after 5 s"),
    ),
)
def test_the_message_says_why_a_command_failed(completed: CompletedCommand, message: str | None) -> None:
    assert failure_message(completed, 5) == message


@pytest.mark.parametrize(("code", "hint"), ((126, "128 KiB"), (127, "installed")))
def test_the_shells_own_codes_get_a_hint(code: int, hint: str) -> None:
    assert hint in str(failure_message(CompletedCommand(exit_code=code), None))


def test_the_previous_output_has_the_name_of_its_kind() -> None:
    updates = output_updates(Step(claude="x"), **STREAMS)  # type: ignore[arg-type]  # a table of mixed types
    assert set(updates) == {"claude", "last", "CAPTURED_OUTPUT"}


def test_a_capture_sets_its_fields_beside_its_value() -> None:
    step = Step(shell="x", capture="n", capture_format="number", capture_streams=CaptureStreams(duration=False))
    assert capture_updates(step, **STREAMS) == {  # type: ignore[arg-type]  # a table of mixed types
        "n": 7,
        "n.exit_code": 0,
        "n.success": True,
        "n.stderr": "warned",
    }


@pytest.mark.parametrize(
    ("step", "watched"),
    (
        (Step(shell="x"), False),
        (Step(shell="x", commit_required=True), True),
        (Step(shell="echo ${step.files_added}"), True),
        (Step(shell="x", on_success=(Step(shell="${step.commits}"),)), True),
    ),
)
def test_the_head_is_watched_only_where_it_matters(step: Step, watched: bool) -> None:
    assert watches_head(step) is watched
