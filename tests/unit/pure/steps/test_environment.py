"""What belongs to the runner stays with the runner."""

from __future__ import annotations

from prodigy_action.pure.steps.environment import hidden_tokens, visible_environment

GIVEN = {
    "PATH": "/bin",
    "ANTHROPIC_API_KEY": "k",
    "GITHUB_SHA": "abc",
    "INPUT_WORKFLOW": "w",
    "ACTIONS_RUNTIME_TOKEN": "t",
    "STATE_x": "s",
    "GITHUB_OUTPUT": "/o",
    "GITHUB_TOKEN": "t",
    "GIT_DIR": "/evil",
}


def test_users_variables_pass_and_the_runners_do_not() -> None:
    assert visible_environment(GIVEN) == {"PATH": "/bin", "ANTHROPIC_API_KEY": "k", "GITHUB_SHA": "abc"}


def test_env_allow_lets_named_variables_pass_but_never_git_ones() -> None:
    visible = visible_environment(GIVEN, ("GITHUB_TOKEN", "GIT_DIR"))
    assert visible["GITHUB_TOKEN"] == "t"
    assert "GIT_DIR" not in visible


def test_hidden_tokens_are_named_once_they_are_set() -> None:
    assert hidden_tokens(GIVEN) == ("GITHUB_TOKEN",)
    assert hidden_tokens(GIVEN, ("GITHUB_TOKEN",)) == ()
    assert hidden_tokens({"GITHUB_TOKEN": ""}) == ()
