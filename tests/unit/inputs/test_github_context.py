"""The runner's variables as one value."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.inputs.github_context import GitHubContext

RUNNER = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_OUTPUT": "/github/file_commands/set_output_1",
    "GITHUB_STEP_SUMMARY": "/github/file_commands/step_summary_1",
    "GITHUB_WORKSPACE": "/github/workspace",
    "RUNNER_DEBUG": "1",
}


def test_the_runners_variables_are_read() -> None:
    assert GitHubContext.from_environ(RUNNER) == GitHubContext(
        in_actions=True,
        debug=True,
        workspace=Path("/github/workspace"),
        output_file=Path("/github/file_commands/set_output_1"),
        step_summary_file=Path("/github/file_commands/step_summary_1"),
    )


def test_outside_a_runner_there_is_nothing() -> None:
    assert GitHubContext.from_environ({"GITHUB_OUTPUT": ""}) == GitHubContext(
        in_actions=False,
        debug=False,
        workspace=None,
        output_file=None,
        step_summary_file=None,
    )
