"""With `commits: deterministic` two runs of the same input come to the same commit, whoever commits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository

DATES = {"GIT_AUTHOR_DATE": "@1500000000 +0100", "GIT_COMMITTER_DATE": "@1500000000 +0100"}
ODD = "env -u GIT_AUTHOR_DATE -u GIT_COMMITTER_DATE git -c user.name=Somebody"
PHASES = """
name: deterministic
setup:
  - shell: echo one > by-hand.txt && git add . && git commit -qm "by hand"
  - shell: echo two > automatic.txt
    auto_commit: true
    commit_config: {author: Ada <ada@example.org>}
  - shell: echo three >> automatic.txt
map:
  input: [a, b, c]
  max_parallel: 3
  commit: auto
  agent_template:
    - shell: echo ${item} > ${item}.txt; case ${item} in a) sleep 0.2 ;; b) git add . && git commit -qm mine ;; esac
    - shell: ODD commit -q --allow-empty -m empty
reduce:
  - shell: ODD commit -q --allow-empty --date "$(date -R)" -m "with a date"; git tag reduced
  - shell: |
      git checkout -qb side && echo side > side.txt && git add . && ODD commit -qm side
      git checkout -q - && ODD merge -q --no-ff -m merged side
merge:
  - shell: echo last > last.txt
    auto_commit: true
  - shell: ODD commit -q --amend -m amended
""".replace("ODD", ODD)
STANDARD = """
- shell: echo one > by-hand.txt && git add . && ODD commit -qm "by hand"
- shell: echo two > automatic.txt
  auto_commit: true
- foreach: [x, y]
  do:
    - shell: echo ${item} > ${item}.txt && git add . && git commit -qm "${item}"
""".replace("ODD", ODD)


def twice(directory: Path, workflow: str, *options: str) -> list[Ended]:
    first = make_repository(directory / "first" / "repository", {"a.txt": "base\n"})
    git(first, "commit", "-q", "--amend", "--no-edit", "--date", DATES["GIT_AUTHOR_DATE"], env=DATES)
    (directory / "second").mkdir()
    second = Path(shutil.copytree(first, directory / "second" / "repository"))
    options = ("--commits", "deterministic", "--git-user-name", "Run", "--git-user-email", "run@example.org", *options)
    return [
        run(first, workflow, "--max-parallel", "3", *options),
        run(second, workflow, "--max-parallel", "1", *options),
    ]


@pytest.mark.parametrize("strategy", ("merge", "squash"))
def test_the_steps_of_every_phase_may_commit_by_themselves_or_have_it_done(tmp_path: Path, strategy: str) -> None:
    first, second = twice(tmp_path, PHASES, "--merge-strategy", strategy)
    assert first.exit_code == second.exit_code == 0, first.stdout
    assert first.results["head_sha"] == second.results["head_sha"]
    made = git(first.repository, "log", "--format=%an %ad %cn %cd", "--date=raw", f"{first.results['base_sha']}..HEAD")
    assert set(made.splitlines()) == {"Run 1500000000 +0100 Run 1500000000 +0100"}
    assert {"amended", "merged", "with a date", "by hand"} <= set(
        git(first.repository, "log", "--format=%s").splitlines()
    )
    assert git(first.repository, "status", "--porcelain") == ""


def test_the_steps_of_a_standard_workflow_may_commit(tmp_path: Path) -> None:
    first, second = twice(tmp_path, STANDARD)
    assert first.exit_code == second.exit_code == 0, first.stdout
    assert first.results["head_sha"] == second.results["head_sha"]
    assert set(first.tree()) == {"a.txt", "by-hand.txt", "automatic.txt", "x.txt", "y.txt"}


def test_what_a_failed_phase_had_committed_is_the_same_too(tmp_path: Path) -> None:
    failing = PHASES.replace("  - shell: echo last > last.txt", "  - shell: echo last > last.txt; exit 1")
    first, second = twice(tmp_path, failing)
    assert first.exit_code == second.exit_code == 1
    heads = [git(each.repository, "rev-parse", f"refs/heads/{each.results['branch']}") for each in (first, second)]
    assert heads[0] == heads[1]


def test_commits_that_a_step_fetched_keep_their_ids(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", {"a.txt": "base\n"})
    git(tmp_path, "clone", "-q", str(origin), "repository")
    (origin / "theirs.txt").write_text("theirs\n")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "theirs")
    theirs = git(origin, "rev-parse", "HEAD")
    ended = run(
        tmp_path / "repository",
        "- shell: git pull -q origin main && git commit -q --allow-empty -m ours\n",
        *("--commits", "deterministic"),
    )
    assert ended.exit_code == 0, ended.stdout
    assert git(ended.repository, "rev-parse", "HEAD^") == theirs


def test_the_workflow_may_date_commits_itself(tmp_path: Path) -> None:
    ended = run(
        make_repository(tmp_path / "repository"),
        "name: dated\nenv: {GIT_AUTHOR_DATE: '@7 +0000'}\nmap:\n  input: [one]\n  agent_template:\n"
        '    - shell: test "$GIT_AUTHOR_DATE" = "@7 +0000"\n',
        *("--commits", "deterministic"),
    )
    assert ended.exit_code == 0, ended.stdout
