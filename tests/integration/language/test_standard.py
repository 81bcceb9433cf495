"""Files without a map: their steps run as one phase."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import make_repository

STEPS = """- shell: echo one > one; git add one; git commit -qm one
- shell: 'echo "${shell.output}two" > two; git add two; git commit -qm two'
  when: 1 == 1
- write_file: {path: left, content: left}
"""
INDENTED = "".join(f"  {line}\n" for line in STEPS.splitlines())


@pytest.mark.parametrize(
    ("document", "name"),
    (
        (STEPS, "workflow"),
        (f"steps:\n{INDENTED}", "workflow"),
        (f"name: named\nmode: standard\ncommands:\n{INDENTED}", "named"),
    ),
)
def test_a_file_without_a_map_runs_its_steps(document: str, name: str, tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", {}), document)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree() == {"one": "one", "two": "two"}
    assert ended.results["workflow"]["name"] == name
    assert ended.results["counts"]["planned"] == 0


def test_a_failing_step_fails_the_file_and_publishes_nothing(tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", {}), STEPS + "- shell: exit 5\n")
    assert (ended.exit_code, ended.tree()) == (1, {})
    assert ended.results["phases"]["setup"]["error"]["exit_code"] == 5
