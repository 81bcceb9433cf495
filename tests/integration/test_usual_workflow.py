"""Without a workflow argument, the one at a usual place of the repository is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import prodigy
from tests.support.git import make_repository, write

TEXT = "name: NAME\nmap:\n  input: [1]\n  agent_template: [{shell: 'true'}]\n"


@pytest.mark.parametrize("place", ("prodigy.yml", ".github/prodigy.yml"))
@pytest.mark.parametrize("environ", ({}, {"INPUT_WORKFLOW": "", "GITHUB_ACTIONS": "true"}))
def test_it_is_run_and_planned(tmp_path: Path, place: str, environ: dict[str, str]) -> None:
    repository = make_repository(tmp_path / "r", {place: TEXT})
    planned = prodigy(repository, "plan", **environ)
    assert (planned.exit_code, "NAME" in planned.stdout) == (0, True), planned.stderr
    ended = prodigy(repository, "run", **environ)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.results["workflow"]["path"] == place


def test_it_is_found_in_the_repository_of_the_run_too(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", {"prodigy.yml": TEXT})
    ended = prodigy(tmp_path, "run", "--repo", "r")
    assert ended.exit_code == 0, ended.stdout + ended.stderr


def test_a_named_one_comes_first(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"prodigy.yml": TEXT, "other.yml": TEXT.replace("NAME", "other")})
    assert "other" in prodigy(repository, "plan", "other.yml").stdout
    assert "other" in prodigy(repository, "plan", INPUT_WORKFLOW="other.yml").stdout


@pytest.mark.parametrize("command", ("run", "plan"))
def test_none_and_two_are_refused(tmp_path: Path, command: str) -> None:
    repository = make_repository(tmp_path / "r")
    ended = prodigy(repository, command)
    assert ended.exit_code == 2
    assert "neither of prodigy.yml and .github/prodigy.yml is there" in ended.stderr
    assert "prodigy-action init" in ended.stderr
    for place in ("prodigy.yml", ".github/prodigy.yml"):
        write(repository, place, TEXT)
    ended = prodigy(repository, command)
    assert ended.exit_code == 2
    assert "both prodigy.yml and .github/prodigy.yml are there" in ended.stderr
    assert not ended.results_dir.exists()
