"""The runner's variables as one value."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.inputs.github_context import GitHubContext

RUNNER = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_OUTPUT": "/github/file_commands/set_output_1",
    "GITHUB_REPOSITORY": "octo/repo",
    "GITHUB_RUN_ID": "42",
    "GITHUB_SERVER_URL": "https://ghes.example",
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
        run_url="https://ghes.example/octo/repo/actions/runs/42",
        actor="octocat",
    )


def test_outside_a_runner_there_is_nothing() -> None:
    assert GitHubContext.from_environ({"GITHUB_OUTPUT": ""}) == GitHubContext(
        in_actions=False,
        debug=False,
        workspace=None,
        output_file=None,
        step_summary_file=None,
        run_url=None,
        actor=None,
    )


def test_a_run_without_all_of_its_parts_has_no_page() -> None:
    assert GitHubContext.from_environ({**RUNNER, "GITHUB_RUN_ID": ""}).run_url is None
