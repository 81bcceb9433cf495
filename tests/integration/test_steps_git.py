"""What steps find when they call git: a branch of their own, hooks as in any repository, nothing of our settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import git, make_repository

FILES = {"a.txt": "a\n", "b.txt": "b\n"}


def test_each_item_stands_on_a_branch_of_its_own_that_can_be_pushed(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", FILES)
    git(origin, "tag", "-a", "v1", "-m", "v1")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    ended = run(
        tmp_path / "clone",
        """
name: pushes
map:
  input: [one, two]
  max_parallel: 1
  agent_template:
    - shell: |
        test "$(git branch --show-current)" = "${agent.branch}"
        test "$(git rev-parse --verify "${agent.branch}")" = "$(git rev-parse HEAD)"
        test "$(git describe)" = v1
        echo ${item} > ${item}.txt && git add . && git commit -qm ${item}
        git describe | grep -q ^v1-1-g
        git push -q origin HEAD
        git symbolic-ref HEAD > branch-${item}.txt && git add . && git commit -qm "name the branch"
""",
    )
    assert ended.states == ["succeeded", "succeeded"], ended.stdout
    run_id = ended.results["run_id"]
    names = [f"prodigy/{run_id}-item-0", f"prodigy/{run_id}-item-1"]
    assert git(origin, "branch", "--format=%(refname:short)").splitlines() == ["main", *names]
    assert ended.tree()["branch-one.txt"] == f"refs/heads/{names[0]}"
    # The branches of items do not stand in the way of the run's own on the same remote.
    git(ended.repository, "push", "-q", "origin", f"prodigy/{run_id}")


def test_an_item_that_is_executed_again_finds_its_branch_anew(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(
        repository,
        """
name: again
error_policy: {on_item_failure: retry, retry_config: {attempts: 3, initial_delay: 1ms}}
map:
  input: [one]
  agent_template:
    - shell: |
        test "$(git branch --show-current)" = "${agent.branch}"
        test "$(git rev-list --count HEAD)" = 1
        git checkout -q -b other && git branch -D "${agent.branch}" 2>/dev/null
        echo x >> ../count; test "$(wc -l < ../count)" = 3
        echo ${item} > one.txt && git add . && git commit -qm ${item}
""",
    )
    assert ended.states == ["succeeded"], ended.stdout
    assert ended.tree()["one.txt"] == "one"


HOOK_MANAGER = """\
path=$(git config --get core.hooksPath) && { echo "core.hooksPath is $path" >&2; exit 1; }
hooks=$(git rev-parse --git-path hooks); mkdir -p "$hooks"
printf '#!/bin/sh\\necho ran >> "%s"\\n' "$1" > "$hooks/pre-commit"; chmod +x "$hooks/pre-commit"
"""


@pytest.mark.parametrize("phase", ("setup", "map", "reduce", "merge"))
def test_hooks_can_be_installed_and_run_for_the_commits_of_steps_and_never_for_ours(tmp_path: Path, phase: str) -> None:
    repository = make_repository(tmp_path / "repository", {**FILES, "install.sh": HOOK_MANAGER})
    steps = {
        name: f"""
    - shell: sh install.sh {tmp_path}/ran-{name} && echo {name} > {name}.txt && git add . && git commit -qm {name}
    - shell: echo more >> {name}.txt
      auto_commit: true
"""
        for name in ("setup", "map", "reduce", "merge")
    }
    written = {name: text if name == phase else "\n    - shell: 'true'\n" for name, text in steps.items()}
    ended = run(
        repository,
        f"""
name: hooks
setup:{written["setup"]}
map:
  input: [one]
  commit: auto
  agent_template:{written["map"]}
reduce:{written["reduce"]}
merge:{written["merge"]}
""",
    )
    assert ended.exit_code == 0, ended.stdout
    assert (tmp_path / f"ran-{phase}").read_text() == "ran\n"
    assert ended.tree()[f"{phase}.txt"] == f"{phase}\nmore"


def test_steps_see_only_settings_of_git_that_change_nothing_for_tools(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(
        repository,
        """
name: settings
map:
  input: [one]
  agent_template:
    - shell: git config --list --local --name-only | sort -u > settings.txt && git add . && git commit -qm s
""",
    )
    assert ended.states == ["succeeded"], ended.stdout
    assert ended.tree()["settings.txt"].splitlines() == [
        "advice.detachedhead", "commit.gpgsign", "core.bare", "core.filemode", "core.logallrefupdates",
        "core.quotepath", "core.repositoryformatversion", "diff.renamelimit", "gc.auto", "maintenance.auto",
        "merge.directoryrenames", "merge.renamelimit", "rerere.enabled", "submodule.recurse", "tag.gpgsign",
        "user.email", "user.name",
    ]  # fmt: skip
