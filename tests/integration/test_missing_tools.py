"""A machine without a working git, or with few open files: a clear refusal, or a run with fewer items at a time."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prodigy_action.adapters.processes.needed_programs import ALWAYS, ARCHIVES, USERS, check_programs
from prodigy_action.errors import InvalidInput
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


def programs_without(directory: Path, name: str) -> Path:
    """A directory with the programs that a run of `NEEDING` calls, but for one."""
    directory.mkdir()
    needed = {"sh", *(each.name for each in (*ALWAYS, *ARCHIVES) if "/" not in each.name)}
    for program in needed - {name}:
        found = shutil.which(program)
        assert found is not None, program
        (directory / program).symlink_to(found)
    return directory


NEEDING = "setup:\n  - shell: echo 1 > made.txt\n"
PURPOSES = {
    "git": "git is not on PATH",
    "find": "find is not on PATH: a run needs it to check worktrees",
    "tar": "tar is not on PATH: a run needs it to keep the files that setup leaves",
    "chmod": "chmod is not on PATH: a run needs it to remove deep directories",
    "rm": "rm is not on PATH: a run needs it to remove deep directories",
}


def test_each_program_that_a_run_itself_calls_is_missed_before_anything_runs(tmp_path: Path) -> None:
    assert set(PURPOSES) == {each.name for each in (*ALWAYS, *ARCHIVES) if "/" not in each.name}
    repository = repository_of(tmp_path, WORKFLOW.replace("map:", NEEDING + "map:"))
    for name, words in PURPOSES.items():
        programs = programs_without(tmp_path / f"without-{name}", name)
        ended = prodigy(repository, "run", "../workflow.yml", PATH=str(programs))
        assert_refused(ended, words, "= install ", "1 problem: nothing was run")
    assert git(repository, "status", "--porcelain", "--ignored") == ""
    ended = prodigy(repository, "run", "../workflow.yml", PATH=str(programs_without(tmp_path / "all", "")))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["unchanged"] * 2


def test_a_run_without_setup_needs_no_tar(tmp_path: Path) -> None:
    programs = programs_without(tmp_path / "bin", "tar")
    assert prodigy(repository_of(tmp_path), "run", "../workflow.yml", PATH=str(programs)).exit_code == 0


def test_all_missing_programs_are_named_at_once_also_those_for_other_users() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_programs({"PATH": "/nowhere"}, archives=True, users=True)
    said = [(each.message, each.hint) for each in refused.value.diagnostics]
    assert len(said) == len({each.name for each in (*ALWAYS, *ARCHIVES, *USERS) if "/" not in each.name})
    message = "setpriv is not on PATH: a run needs it to run commands as other users (run-as: owner)"
    assert (message, "install util-linux") in said


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
