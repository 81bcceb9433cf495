"""An item that pulls: with `squash` its commit is named after its own commits, not after those of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import git, make_repository

OWN = "echo mine > mine.txt && git add . && git -c user.name=Me commit -qm 'my own'"
WAYS = {
    "pull, then commit": f"git pull -q origin main && {OWN}",
    "fetch and merge --ff-only": f"git fetch -q && git merge -q --ff-only origin/main && {OWN}",
    "pull by address": f"git pull -q ORIGIN main && {OWN}",
    "pull, commit, push": f"git pull -q origin main && {OWN} && git push -q origin HEAD:mine && git fetch -q origin",
    "commit, then pull with a merge": f"{OWN} && git pull -q --no-rebase --no-edit origin main",
    "commit, then pull with a rebase": f"{OWN} && git pull -q --rebase origin main",
    "merge a branch of the checkout": f"git merge -q --ff-only origin/old && {OWN}",
}


@pytest.mark.parametrize("way", tuple(WAYS))
def test_a_squashed_commit_is_named_after_the_items_own_commits(tmp_path: Path, way: str) -> None:
    origin = make_repository(tmp_path / "origin", {"a.txt": "base\n"})
    git(origin, "checkout", "-qb", "old")
    git(origin, "commit", "-q", "--allow-empty", "-m", "theirs, old")
    git(origin, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", str(origin), "repository")
    for number in (1, 2):
        (origin / f"theirs-{number}.txt").write_text("theirs\n")
        git(origin, "add", ".")
        git(origin, "commit", "-qm", f"theirs {number}")
    ended = run(
        tmp_path / "repository",
        f"""
name: pulled
map:
  input: [one]
  agent_template:
    - shell: {WAYS[way].replace("ORIGIN", str(origin))}
""",
        *("--merge-strategy", "squash"),
    )
    assert ended.states == ["succeeded"], ended.stdout
    message = git(ended.repository, "log", "-1", "--format=%B")
    assert message.startswith("my own"), message
    assert "theirs" not in message
    assert ended.tree()["mine.txt"] == "mine"


def test_an_item_that_only_pulled_gets_a_message_that_says_which_item_it_is(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", {"a.txt": "base\n"})
    git(tmp_path, "clone", "-q", str(origin), "repository")
    for number in (1, 2):
        (origin / f"theirs-{number}.txt").write_text("theirs\n")
        git(origin, "add", ".")
        git(origin, "commit", "-qm", f"theirs {number}")
    workflow = "name: pulled\nmap:\n  input: [one]\n  agent_template:\n    - shell: git pull -q origin main\n"
    ended = run(tmp_path / "repository", workflow, "--merge-strategy", "squash")
    assert ended.states == ["succeeded"], ended.stdout
    assert git(ended.repository, "log", "-1", "--format=%s") == "Merge one (pulled)"
    assert "theirs-2.txt" in ended.tree()
