"""Colours in a terminal and nowhere else unless the environment says so; paths that are right in a subdirectory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy
from tests.support.git import clean_environ, git, make_repository
from tests.support.terminal import in_a_terminal

WRONG = "name: w\nmap:\n  input: [a]\n  agent_template:\n    - shel: x\n"
FAILS = "name: w\nmap:\n  input: [a]\n  agent_template:\n    - shell: echo no; exit 3\n"
ESCAPE = "\x1b["


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"wrong.yml": WRONG, "sub/fails.yml": FAILS}
    return make_repository(tmp_path_factory.mktemp("colors") / "repository", files)


def test_problems_are_coloured_in_a_terminal(repository: Path) -> None:
    code, shown = in_a_terminal(repository, "validate", "wrong.yml")
    assert code == 2
    assert "\x1b[1mwrong.yml:5:7\x1b[0m: \x1b[31merror\x1b[0m: " in shown
    assert "\x1b[31m^^^^\x1b[0m" in shown
    assert "\x1b[36mis `shel` meant to be `shell`?\x1b[0m" in shown


@pytest.mark.parametrize("environ", ({"NO_COLOR": "1"}, {"TERM": "dumb"}))
def test_a_terminal_without_colours_gets_none(repository: Path, environ: dict[str, str]) -> None:
    _, shown = in_a_terminal(repository, "validate", "wrong.yml", environ=environ)
    assert "wrong.yml:5:7: error: " in shown
    assert ESCAPE not in shown


@pytest.mark.parametrize(("environ", "colored"), (({}, False), ({"FORCE_COLOR": "1"}, True)))
def test_a_pipe_gets_colours_only_when_they_are_forced(
    repository: Path, environ: dict[str, str], colored: bool
) -> None:
    ended = prodigy(repository, "run", "wrong.yml", **environ)
    assert ended.exit_code == 2
    assert (ESCAPE in ended.stderr) is colored


def test_the_verdict_is_coloured_and_paths_are_right_in_a_subdirectory(repository: Path) -> None:
    code, shown = in_a_terminal(repository / "sub", "run", "fails.yml", "--progress", "none")
    assert code == 1
    assert "\x1b[31m✗ failure\x1b[0m: 1 of 1 item failed" in shown
    assert "../prodigy-results/results.json" in shown
    assert "log: ../prodigy-results/logs/item-0000.log" in shown


def in_subdirectory(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prodigy_action", *arguments]
    return subprocess.run(command, cwd=repository / "sub", capture_output=True, text=True, env=clean_environ())


def test_commands_in_a_subdirectory_find_the_results_at_the_top(repository: Path) -> None:
    for _ in range(2):
        assert in_subdirectory(repository, "run", "fails.yml").returncode == 1
    assert "1 failed item" in in_subdirectory(repository, "show", "--failed").stdout
    assert in_subdirectory(repository, "reproduce", "prodigy-results", "0").returncode == 3
    assert "would remove ../prodigy-results.1 " in in_subdirectory(repository, "clean").stdout
    assert git(repository, "status", "--porcelain") == ""
