"""Repositories inside a worktree: their files land, or the item says which directory it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import git, make_repository

FILES = {"a.txt": "a\n", ".gitignore": "*.log\n"}
MAKE = {
    "with commits": "git init -q tool; echo content > tool/file; git -C tool add . && git -C tool commit -qm inner",
    "without commits": "git init -q tool; echo content > tool/file",
    "inside another": "git init -q tool; echo content > tool/file; git init -q tool/deep; echo deep > tool/deep/file",
    "with ignored files": "git init -q tool; echo content > tool/file; echo no > tool/x.log",
}


@pytest.mark.parametrize("where", ("setup", "agent_template", "reduce", "merge"))
@pytest.mark.parametrize("kind", tuple(MAKE))
def test_the_files_of_a_nested_repository_land_with_what_else_is_committed(
    tmp_path: Path, kind: str, where: str
) -> None:
    steps = dict.fromkeys(("setup", "agent_template", "reduce", "merge"), "'true'")
    steps[where] = f'"{MAKE[kind]}; echo more >> a.txt"\n      auto_commit: true'
    ended = run(
        make_repository(tmp_path / "repository", FILES),
        f"""
name: nested
setup:
    - shell: {steps["setup"]}
map:
  input: [one]
  agent_template:
    - shell: {steps["agent_template"]}
reduce:
    - shell: {steps["reduce"]}
merge:
    - shell: {steps["merge"]}
""",
    )
    assert ended.exit_code == 0, ended.stdout
    expected = {"a.txt": "a\nmore", ".gitignore": "*.log", "tool/file": "content"}
    assert ended.tree() == expected | ({"tool/deep/file": "deep"} if kind == "inside another" else {})
    assert "160000" not in git(ended.repository, "ls-tree", "-r", "HEAD")


def item(*steps: str, commit: str = "auto") -> str:
    text = "".join(f"    - shell: {step}\n" for step in steps)
    return f"name: nested\nmap:\n  input: [one]\n  commit: {commit}\n  agent_template:\n{text}"


def test_a_further_worktree_of_a_program_is_left_out_and_named(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(repository, item("git worktree add -q .claude/worktrees/side -b side; echo more >> a.txt"))
    assert ended.states == ["succeeded"]
    assert set(ended.tree()) == set(FILES)
    assert ".claude/worktrees/side/" in ended.stdout


def test_an_agent_that_commits_the_commit_of_a_nested_repository_fails_with_its_name(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(
        repository, item(MAKE["with commits"] + "; git add . 2>/dev/null; git commit -qm outer", commit="required")
    )
    assert ended.states == ["failed"]
    error = ended.results["items"][0]["error"]
    assert error["kind"] == "nested_repository"
    assert "'tool'" in error["message"]


def test_a_submodule_that_an_agent_adds_lands_as_one(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"l.txt": "l\n"})
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(repository, item(f"git -c protocol.file.allow=always submodule --quiet add {library} lib"))
    assert ended.states == ["succeeded"], ended.stdout
    assert git(repository, "ls-tree", "HEAD", "lib").startswith("160000 commit")


GITLINK = {
    "git add": MAKE["with commits"] + "; git add . 2>/dev/null; git commit -qm outer",
    "update-index": "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),tool && git commit -qm outer",
}


@pytest.mark.parametrize("phase", ("setup", "reduce", "merge"))
@pytest.mark.parametrize("way", ("git add", "update-index"))
def test_a_phase_that_commits_the_commit_of_a_nested_repository_fails_with_its_name(
    tmp_path: Path, way: str, phase: str
) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(repository, item("echo new > new.txt") + f"{phase}:\n  - shell: {GITLINK[way]}\n")
    assert ended.exit_code == 1
    error = next(each["error"] for each in ended.events if each["event"] == "phase_finished" and each["phase"] == phase)
    assert error["kind"] == "nested_repository"
    assert "'tool'" in error["message"]
    branches = git(repository, "branch", "--list", "prodigy/*", "--format=%(refname:short)").split()
    if phase == "setup":
        assert branches == []
    else:
        assert ended.tree(branches[0])["new.txt"] == "new"
        assert "160000" not in git(repository, "ls-tree", "-r", branches[0])


def test_a_standard_workflow_that_commits_the_commit_of_a_nested_repository_publishes_nothing(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    before = git(repository, "rev-parse", "HEAD")
    ended = run(repository, f"- shell: {GITLINK['git add']}\n")
    assert ended.exit_code == 1
    assert "'tool'" in ended.results["message"]
    assert git(repository, "rev-parse", "HEAD") == before


def test_a_submodule_of_the_checkout_may_move_in_a_phase(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"l.txt": "l\n"})
    repository = make_repository(tmp_path / "repository", FILES)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")
    git(repository, "commit", "-qm", "add lib")
    git(library, "commit", "-q", "--allow-empty", "-m", "next")
    moved = git(library, "rev-parse", "HEAD")
    ended = run(repository, f"- shell: git update-index --cacheinfo 160000,{moved},lib && git commit -qm moved\n")
    assert ended.exit_code == 0, ended.stdout
    assert git(repository, "rev-parse", "HEAD:lib") == moved


def test_a_submodule_whose_name_a_merge_drops_is_refused_when_it_lands(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"l.txt": "l\n"})
    repository = make_repository(
        tmp_path / "repository", {**FILES, ".gitattributes": ".gitmodules merge=ours\n", ".gitmodules": "# none\n"}
    )
    git(repository, "config", "merge.ours.driver", "true")
    add = f"git -c protocol.file.allow=always submodule --quiet add {library} lib-${{item}}"
    ended = run(repository, item(add).replace("[one]", "[one, two]"))
    assert ended.states == ["succeeded", "failed"], ended.stdout
    error = ended.results["items"][1]["error"]
    assert error["kind"] == "nested_repository"
    assert "'lib-two'" in error["message"]
    assert "lib-two" not in git(repository, "ls-tree", "-r", "--name-only", "HEAD")
