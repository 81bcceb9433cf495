"""An item is called by its key: in the messages of commits, in the log and in the outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import git, make_repository

WORKFLOW = """
name: licence lines
map:
  input: ITEMS
  commit: auto
  agent_template:
    - shell: test "${item_index}" != 1 && echo x > "n${item_index}"
"""


def subjects(repository: Path) -> list[str]:
    return git(repository, "log", "--first-parent", "--format=%s").splitlines()


@pytest.mark.parametrize(
    ("items", "title"),
    (
        ('["packages/a.py", "b"]', "packages/a.py"),
        ('[{"path": "packages/a.py", "n": 1}, {"path": "b", "n": 1}]', "packages/a.py"),
        ('[{"n": 1}, {"n": 2}]', "item 0"),
        ('["a  b\\nc", "b"]', "item 0"),
    ),
)
def test_the_commits_of_an_item_name_its_key(items: str, title: str, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": ""})
    ended = run(repository, WORKFLOW.replace("ITEMS", items), "--fail-on", "never")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert subjects(repository)[0] == f"Merge {title} (licence lines)"
    assert git(repository, "log", "-1", "--format=%s", "HEAD^2").strip() == f"Change {title} (licence lines)"


def test_a_secret_in_a_key_is_not_in_the_history(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": ""})
    workflow = WORKFLOW.replace("ITEMS", "[a-long-secret-value, b]").replace("map:", "secrets: {T: TOKEN}\nmap:")
    ended = run(repository, workflow, "--fail-on", "never", TOKEN="a-long-secret-value")
    assert subjects(repository)[0] == "Merge *** (licence lines)", ended.stdout
    assert "a-long-secret-value" not in git(repository, "log", "--format=%B")


def test_the_outputs_and_the_log_name_the_keys_of_failed_items(tmp_path: Path) -> None:
    repository, outputs = make_repository(tmp_path / "r", {"f": ""}), tmp_path / "outputs"
    outputs.touch()
    ended = run(repository, WORKFLOW.replace("ITEMS", '["a", "lib/b.py"]'), GITHUB_OUTPUT=str(outputs))
    assert ended.exit_code == 1
    assert " lib/b.py failed: " in ended.stdout
    lines = outputs.read_text().splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("failed-keys<<"))
    assert json.loads(lines[at + 1]) == ["lib/b.py"]
