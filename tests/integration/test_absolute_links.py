"""Symbolic links that name a directory of the run: relative where the action commits them, else named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository

FILES = {"a.txt": "a\n", "sub/b.txt": "b\n"}
LINKS = (
    'ln -s "$PWD/a.txt" current; ln -s "$PWD/sub" dir; mkdir -p x/y; ln -s "$PWD/sub/b.txt" x/y/deep; ln -s "$PWD" top'
)
RELATIVE = {"current": "a.txt", "dir": "sub", "x/y/deep": "../../sub/b.txt", "top": "."}


def item(step: str, commit: str = "auto") -> str:
    return f"name: links\nmap:\n  input: [one]\n  commit: {commit}\n  agent_template:\n    - shell: |\n        {step}\n"


def warnings(ended: Ended) -> list[dict[str, Any]]:
    return ended.logged("links_lead_nowhere")


def test_links_into_the_worktree_are_committed_relative_to_themselves(tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", FILES), item(LINKS))
    assert ended.states == ["succeeded"], ended.stdout
    assert {name: text for name, text in ended.tree().items() if name not in FILES} == RELATIVE
    assert (ended.repository / "x/y/deep").read_text() == "b\n"
    assert warnings(ended) == []
    assert ended.results["items"][0]["patch"] is None


@pytest.mark.parametrize("phase", ("setup", "reduce", "merge"))
def test_steps_with_auto_commit_commit_relative_links_too(phase: str, tmp_path: Path) -> None:
    steps = f"{phase}:\n  - shell: |\n      {LINKS}\n    auto_commit: true\n  - shell: cat x/y/deep\n"
    ended = run(make_repository(tmp_path / "repository", FILES), item("true") + steps)
    assert ended.exit_code == 0, ended.stdout
    assert {name: text for name, text in ended.tree().items() if name not in FILES} == RELATIVE


def test_a_changed_link_and_one_in_a_nested_repository_are_made_relative(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    (repository / "old").symlink_to("a.txt")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "link")
    step = 'ln -sf "$PWD/sub/b.txt" old; git init -q tool; ln -s "$PWD/a.txt" tool/up'
    ended = run(repository, item(step))
    assert ended.tree()["old"] == "sub/b.txt"
    assert ended.tree()["tool/up"] == "../a.txt"


def test_links_that_an_item_commits_itself_are_named(tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", FILES), item(f"{LINKS}; git add . && git commit -qm mine"))
    assert ended.states == ["succeeded"]
    assert [(each["item_id"], each["links"], each["count"]) for each in warnings(ended)] == [(0, sorted(RELATIVE), 4)]


@pytest.mark.parametrize("target", ('"$(dirname "$PRODIGY_ITEM_FILE")"', "/tmp/elsewhere"))
def test_links_to_temporary_files_are_named_and_other_absolute_ones_are_not(target: str, tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", FILES), item(f"ln -s {target} gone; ln -s /usr/bin/env env"))
    assert ended.states == ["succeeded"], ended.stdout
    assert [each["links"] for each in warnings(ended)] == [["gone"]]
    assert ended.tree()["env"] == "/usr/bin/env"


@pytest.mark.parametrize("phase", ("setup", "reduce", "merge"))
def test_links_that_a_phase_commits_itself_are_named_once(phase: str, tmp_path: Path) -> None:
    steps = f"{phase}:\n  - shell: |\n      {LINKS}; git add . && git commit -qm mine\n"
    ended = run(make_repository(tmp_path / "repository", FILES), item("true") + steps)
    assert ended.exit_code == 0, ended.stdout
    assert [(each["phase"], each["links"]) for each in warnings(ended)] == [(phase, sorted(RELATIVE))]
