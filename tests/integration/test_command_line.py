"""What the command line says of itself, and its short options."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import make_repository

WORKFLOW = "name: w\nmap:\n  input: [a, b]\n  max_parallel: 1\n  agent_template:\n    - shell: 'true'\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("cli") / "repository", {"prodigy.yml": WORKFLOW})


@pytest.fixture(scope="module")
def verbose(repository: Path) -> Ended:
    return prodigy(repository, "run", "-v", "-j", "2", "--progress", "none", "--results-dir", "verbose")


def test_help_lists_the_options_below_headings(repository: Path) -> None:
    ended = prodigy(repository, "run", "--help")
    assert ended.exit_code == 0
    headings = [line for line in ended.stdout.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings[:3] == ["What to run:", "Parallelism and limits:", "Results:"]
    assert headings[-1] == "Options:"
    assert "-j, --max-parallel N" in ended.stdout
    assert "per line" not in ended.stdout


def test_what_only_a_runner_calls_is_no_command_for_people(repository: Path) -> None:
    assert " post " not in prodigy(repository, "--help").stdout
    assert prodigy(repository, "post", "--help").exit_code == 0


def test_j_limits_the_items_at_a_time_and_v_prints_every_event(verbose: Ended) -> None:
    assert verbose.exit_code == 0, verbose.stderr
    assert "2 at once" in verbose.stdout
    assert "debug" in verbose.stdout


@pytest.mark.parametrize("other", (["--quiet"], ["--log-level", "error"]))
def test_verbose_excludes_what_contradicts_it(repository: Path, other: list[str]) -> None:
    ended = prodigy(repository, "run", "--verbose", *other)
    assert ended.exit_code == 2
    assert f"--verbose and {other[0]} exclude each other" in ended.stderr


@pytest.mark.parametrize(("typed", "offered"), (("--max-p", "--max-parallel"), ("--phase", "--phase")))
def test_a_shell_completes_options(repository: Path, typed: str, offered: str) -> None:
    words = {"COMP_WORDS": f"prodigy-action run {typed}", "COMP_CWORD": "2"}
    ended = prodigy(repository, _PRODIGY_ACTION_COMPLETE="bash_complete", **words)
    assert f"plain,{offered}" in ended.stdout.splitlines()
