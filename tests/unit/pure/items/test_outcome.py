"""How an item ended: its record, and the kind of its error."""

from __future__ import annotations

import pytest

from prodigy_action.errors import GitFailed, JournalUnwritable, StepFailed, StepTimedOut, WorktreeUnusable
from prodigy_action.model.events import RUN_TIMED_OUT, AgentFinished
from prodigy_action.model.git import Submission
from prodigy_action.pure.items.outcome import (
    AgentFailed,
    AgentStopped,
    Executed,
    as_step_failure,
    ended_badly,
    ended_by_the_run,
    ended_well,
    is_expected,
    recorded_submission,
)
from prodigy_action.pure.steps.printed_output import PrintedOutput

EXECUTED = Executed(item_id=3, number=2, seconds=1.23456, slot=1, log="logs/item-0003.log", patch="patches/item-0003")


def failed(error: StepFailed, **policy: str) -> AgentFinished:
    return ended_badly(3, 2, AgentFailed(error, EXECUTED, tail="the log's end"), **policy)


def test_commits_make_an_item_succeed_and_no_commits_leave_it_unchanged() -> None:
    made = Submission("h", ("c",), ("f",), (), None, None)
    record = ended_well(EXECUTED, made, captures={"v": 1}, printed=PrintedOutput("x" * 5000, truncated=True))
    assert (record.state, record.seconds, record.number, len(record.output)) == ("succeeded", 1.235, 2, 5000)
    assert recorded_submission(record) == made
    nothing = Submission("h", (), (), ("left",), None, None)
    unchanged = ended_well(EXECUTED, nothing, captures={}, printed=PrintedOutput())
    assert (unchanged.state, unchanged.uncommitted) == ("unchanged", ["left"])
    assert recorded_submission(unchanged) is None


def test_a_failed_step_fails_the_item_with_what_it_printed() -> None:
    record = failed(StepFailed("exit code 7", step="build", exit_code=7))
    assert (record.state, record.reason, record.output, record.patch) == (
        "failed",
        None,
        "the log's end",
        EXECUTED.patch,
    )
    assert record.error is not None
    assert (record.error.kind, record.error.step, record.error.exit_code) == ("step_failed", "build", 7)


@pytest.mark.parametrize(
    ("error", "policy", "state", "reason"),
    (
        (StepTimedOut("late", step="build"), {}, "timed_out", None),
        (StepTimedOut("late", step="build"), {"on_timeout": "skip"}, "skipped", "timeout_action is skip: late"),
        (StepFailed("no", step="build"), {"on_timeout": "skip"}, "failed", None),
        (StepFailed("no", step="build"), {"on_item_failure": "skip"}, "skipped", "on_item_failure is skip: no"),
        (AgentStopped("enough failed", step="build"), {"on_item_failure": "skip"}, "cancelled", "enough failed"),
    ),
)
def test_the_policy_decides_what_a_failure_means(
    error: StepFailed, policy: dict[str, str], state: str, reason: str | None
) -> None:
    record = failed(error, **policy)
    assert (record.state, record.reason) == (state, reason)


def test_an_item_whose_worktree_could_not_be_made_has_neither_log_nor_seconds() -> None:
    record = ended_badly(3, 1, WorktreeUnusable("no room", stderr="disk full"))
    assert (record.state, record.seconds, record.log, record.output) == ("failed", 0.0, None, "")
    assert record.error is not None
    assert (record.error.kind, record.error.message) == ("worktree_unusable", "worktree: no room")
    assert record.error.output_tail == "disk full"


@pytest.mark.parametrize(
    ("late", "state", "kind"), ((True, "timed_out", RUN_TIMED_OUT), (False, "cancelled", "cancelled"))
)
def test_the_end_of_the_run_cuts_an_item_off(late: bool, state: str, kind: str) -> None:
    record = ended_by_the_run(EXECUTED, "build", late=late, tail="end")
    assert record.error is not None
    assert (record.state, record.error.kind, record.error.step, record.output) == (state, kind, "build", "")


def test_an_error_of_the_system_names_the_file() -> None:
    failure = as_step_failure(FileNotFoundError(2, "No such file", "a b"), step="commit")
    assert (failure.message, failure.kind) == ("commit: no such file: 'a b'", "os_error")


def test_a_bug_and_a_lost_journal_are_no_failures_of_one_item() -> None:
    assert [is_expected(error) for error in (GitFailed("x"), OSError(), KeyError(), JournalUnwritable("x"))] == [
        True,
        True,
        False,
        False,
    ]
