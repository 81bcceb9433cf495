"""Which steps take turns in a parallel loop."""

from __future__ import annotations

import pytest

from prodigy_action.model.workflow import Step
from prodigy_action.pure.steps.shared_index import uses_shared_index


@pytest.mark.parametrize(
    "command",
    (
        "git commit -qm x",
        "cd sub && git -c user.name=a -C x --no-pager add .",
        'git status; "git" checkout main',
        "/usr/bin/git stash",
        "git",
        "git $what",
        "x=$(git rm -q f)",
    ),
)
def test_a_command_that_changes_the_index_takes_turns(command: str) -> None:
    assert uses_shared_index(Step(shell=f"{command} "))


@pytest.mark.parametrize(
    "command",
    (
        "echo x",
        "git status --porcelain",
        "git -C sub -c a=b --no-pager log -1 | cat",
        "x=$(git rev-parse HEAD)",
        "./my-git add",
        "git-lfs install",
        "cat .gitignore digit",
    ),
)
def test_a_command_that_reads_runs_beside_others(command: str) -> None:
    assert not uses_shared_index(Step(shell=command))


def test_a_step_that_commits_takes_turns_whatever_its_command_is() -> None:
    assert uses_shared_index(Step(claude="/x", commit_required=True))
    assert uses_shared_index(Step(shell="make", auto_commit=True))
    assert not uses_shared_index(Step(claude="/x"))
