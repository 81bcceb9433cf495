"""A program that every item needs and that is not there is one error before the map, not one for each item."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import make_repository

WORKFLOW = "name: programs\nmap:\n  input: [a, b, c]\n  agent_template:\n    - shell: touch tried\n    - "


@pytest.mark.parametrize(
    ("step", "why"),
    (
        ("{shell: 'true', interpreter: bash}", "the interpreter cannot be run: bash: command not found"),
        ("claude: /fix it", "the agent program cannot be run: claude: command not found"),
    ),
)
def test_a_missing_program_ends_the_map_before_any_item_starts(step: str, why: str, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("chmod", "env", "find", "git", "rm", "sh", "tar", "touch"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    ended = run(make_repository(tmp_path / "r", {"f": ""}), WORKFLOW + step, PATH=str(programs))
    assert ended.exit_code == 1, ended.stdout + ended.stderr
    assert why in ended.results["phases"]["map"]["error"]["message"]
    assert ended.states == ["not_run"] * 3
    assert ended.stdout.count("command not found") <= 3, "it is not said for each item"


def test_a_shell_that_only_a_skipped_step_needs_is_not_missed(tmp_path: Path) -> None:
    step = "{shell: exit 9, interpreter: bash, when: item == 'z'}"
    ended = run(make_repository(tmp_path / "r", {"f": ""}), WORKFLOW.replace("touch tried", "'true'") + step)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
