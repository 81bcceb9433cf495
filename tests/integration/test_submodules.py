"""Submodules in worktrees: what an item changes inside one is named and kept as a patch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository

PULL = "-c", "protocol.file.allow=always"


def with_submodule(directory: Path) -> tuple[Path, Path]:
    library = make_repository(directory / "library", {"l.txt": "1\n", "sub/deep.txt": "1\n", ".gitignore": "*.o\n"})
    repository = make_repository(directory / "repository", {"a.txt": "a\n"})
    git(repository, *PULL, "submodule", "--quiet", "add", str(library), "lib")
    git(repository, "commit", "-qm", "add lib")
    return repository, library


def item(step: str, more: str = "commit: auto\n  carry: [lib/]") -> str:
    return f"name: submodule\nmap:\n  input: [one]\n  {more}\n  agent_template:\n    - shell: |\n        {step}\n"


def warned(ended: Ended) -> list[str]:
    return [json.dumps(record) for record in ended.logged("submodule_changes_dropped")]


EDITS = "echo 2 > lib/l.txt; echo 2 > lib/new.txt; rm lib/sub/deep.txt; echo object > lib/x.o"


@pytest.mark.parametrize(("commit", "failing"), (("auto", ""), ("as-made", ""), ("auto", "; exit 1")))
def test_edits_inside_a_carried_submodule_are_named_and_kept_as_a_patch(
    commit: str, failing: str, tmp_path: Path
) -> None:
    repository, _ = with_submodule(tmp_path)
    ended = run(repository, item(f"{EDITS}; echo b > a.txt{failing}", f"commit: {commit}\n  carry: [lib/]"))
    patch = repository / "prodigy-results" / ended.results["items"][0]["patch"]
    if not failing:
        assert len(warned(ended)) == 1
        for name in ("lib/l.txt", "lib/new.txt", "lib/sub/deep.txt"):
            assert name in warned(ended)[0]
        assert "x.o" not in warned(ended)[0]
    git(repository, "reset", "-q", "--hard", ended.results["base_sha"])
    git(repository, "apply", str(patch))
    assert (repository / "lib/l.txt").read_text() == (repository / "lib/new.txt").read_text() == "2\n"
    assert not (repository / "lib/sub/deep.txt").exists()
    assert (repository / "a.txt").read_text() == "b\n"


def test_the_next_item_gets_the_submodule_as_it_was(tmp_path: Path) -> None:
    repository, _ = with_submodule(tmp_path)
    workflow = item("cat lib/l.txt lib/sub/deep.txt > seen-${item}.txt; " + EDITS).replace("[one]", "[one, two]")
    ended = run(repository, workflow, "--max-parallel", "1")
    assert ended.states == ["succeeded", "succeeded"]
    assert git(repository, "show", "HEAD:seen-two.txt") == "1\n1"


def test_an_untouched_submodule_says_nothing(tmp_path: Path) -> None:
    repository, _ = with_submodule(tmp_path)
    ended = run(repository, item("cat lib/l.txt; touch lib/x.o"))
    assert ended.states == ["unchanged"]
    assert warned(ended) == []
    assert ended.results["items"][0]["patch"] is None


def test_files_in_the_empty_directory_of_a_submodule_are_named(tmp_path: Path) -> None:
    repository, _ = with_submodule(tmp_path)
    ended = run(repository, item("echo 2 > lib/new.txt", "commit: auto"))
    assert "lib/new.txt" in warned(ended)[0]
    assert ended.results["items"][0]["patch"] is not None


INIT = "git -c protocol.file.allow=always submodule --quiet update --init"


@pytest.mark.parametrize(("edit", "named"), ((" && echo 2 > lib/l.txt", True), ("", False)))
def test_edits_inside_a_submodule_that_the_item_checked_out_are_named(edit: str, named: bool, tmp_path: Path) -> None:
    repository, _ = with_submodule(tmp_path)
    ended = run(repository, item(INIT + edit, "commit: auto"))
    assert ended.exit_code == 0, ended.stdout
    assert ["lib/l.txt" in each for each in warned(ended)] == [True] * named


@pytest.mark.parametrize(("push", "named"), (("", True), ("git push -q origin HEAD:refs/heads/pushed && ", False)))
def test_a_commit_of_a_submodule_that_nobody_else_has_is_kept_as_a_patch(
    push: str, named: bool, tmp_path: Path
) -> None:
    repository, _ = with_submodule(tmp_path)
    inner = f"{INIT} && cd lib && echo 2 > l.txt && git commit -qam inner && {push}cd .."
    ended = run(repository, item(f"{inner} && git commit -qam outer", "max_items: 1"))
    assert ended.states == ["succeeded"], ended.stdout
    assert ["lib/l.txt" in each for each in warned(ended)] == [True] * named
    patch = ended.results["items"][0]["patch"]
    assert named == (patch is not None and "b/lib/l.txt" in (repository / "prodigy-results" / patch).read_text())
