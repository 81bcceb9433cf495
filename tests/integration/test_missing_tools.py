"""A machine without a working git, or with few open files: a clear refusal, or a run with fewer items at a time."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.blackbox import TIMEOUT, Ended, prodigy
from tests.support.git import clean_environ, git, make_repository

WORKFLOW = """
name: tools
map:
  input: [{n: 0}, {n: 1}]
  agent_template:
    - shell: echo 2 > f.txt
"""


def repository_of(tmp_path: Path, workflow: str = WORKFLOW) -> Path:
    (tmp_path / "workflow.yml").write_text(workflow)
    return make_repository(tmp_path / "repository", {"f.txt": "1\n"})


def assert_refused(ended: Ended, *words: str) -> None:
    assert ended.exit_code == 2, ended.stdout + ended.stderr
    assert [word for word in words if word not in ended.stderr] == [], ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (ended.results_dir / "results.json").exists()


@pytest.mark.parametrize("command", ("run", "plan"))
def test_without_git_nothing_runs(tmp_path: Path, command: str) -> None:
    repository, programs = repository_of(tmp_path), tmp_path / "bin"
    programs.mkdir()
    ended = prodigy(repository, command, "../workflow.yml", PATH=str(programs))
    assert_refused(ended, "git is not on PATH", "= install git")


def test_commands_that_need_no_git_work_without_it(tmp_path: Path) -> None:
    repository, programs = repository_of(tmp_path), tmp_path / "bin"
    programs.mkdir()
    for arguments in (("validate", "../workflow.yml"), ("schema",), ("--help",), ("post",)):
        ended = prodigy(repository, *arguments, PATH=str(programs))
        assert ended.exit_code == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("script", "words"),
    (
        ("#!/bin/sh\necho 'git version 2.25.1'\n", ("cannot be used with git version 2.25.1", "install git 2.38")),
        ("#!/bin/sh\necho 'error while loading shared libraries: libz' >&2; exit 127\n", ("cannot be read", "libz")),
        ("#!/no/such/interpreter\n", ("cannot be read", "git could not be started")),
    ),
)
def test_a_git_that_does_not_work_is_refused_with_its_reason(
    tmp_path: Path, script: str, words: tuple[str, ...]
) -> None:
    repository, programs = repository_of(tmp_path), tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text(script)
    (programs / "git").chmod(0o755)
    assert_refused(prodigy(repository, "run", "../workflow.yml", PATH=str(programs)), *words)


def test_damaged_configuration_is_refused_and_named(tmp_path: Path) -> None:
    repository, home = repository_of(tmp_path), tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user\n")
    assert_refused(prodigy(repository, "run", "../workflow.yml", HOME=str(home)), "bad config line 1", ".gitconfig")
    with (repository / ".git/config").open("a") as config:
        config.write("[core\n")
    assert_refused(prodigy(repository, "run", "../workflow.yml"), "bad config line", ".git/config")


def with_open_files(soft: int, hard: int, repository: Path, *arguments: str) -> Ended:
    """A run of the program with these limits of open files."""
    done = subprocess.run(
        [sys.executable, "-m", "prodigy_action", "run", "../workflow.yml", *arguments],
        cwd=repository,
        capture_output=True,
        text=True,
        env=clean_environ(),
        timeout=TIMEOUT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)),
    )
    return Ended(done.returncode, done.stdout, done.stderr, repository, repository / "prodigy-results")


MANY = """
name: many
map:
  input: seq 30
  max_parallel: 30
  agent_template:
    - foreach: [1, 2, 3]
      parallel: true
      do:
        - shell: sleep 0.1
    - shell: sleep 0.3; echo "${item}" > "f${item}" && git add . && git commit -qm "f${item}"
"""


def test_the_soft_limit_of_open_files_is_raised(tmp_path: Path) -> None:
    ended = with_open_files(90, 4000, repository_of(tmp_path, MANY))
    assert ended.states == ["succeeded"] * 30, ended.stdout
    assert ended.results["phases"]["map"]["max_parallel"] == 30
    assert "open files" not in ended.stdout


def test_a_low_limit_of_open_files_lets_fewer_items_run_at_a_time_and_says_so(tmp_path: Path) -> None:
    ended = with_open_files(100, 100, repository_of(tmp_path, MANY))
    assert ended.states == ["succeeded"] * 30, ended.stdout
    assert ended.results["phases"]["map"]["max_parallel"] == 5
    assert "the limit of open files, 100, allows 5 items at a time, not 30" in ended.stdout
    assert git(ended.repository, "status", "--porcelain") == ""


def test_a_run_that_cannot_open_its_own_files_is_refused(tmp_path: Path) -> None:
    ended = with_open_files(60, 60, repository_of(tmp_path))
    assert_refused(ended, "the limit of open files is 60", "ulimit -Hn")
