"""Merges by one process of git: the same answers as one process for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prodigy_action.adapters.git.calls import GitCalls
from prodigy_action.adapters.git.merge_tree_process import MergeProcess
from prodigy_action.errors import GitFailed
from tests.support.git import git, make_repository

LINES = "".join(f"{number}\n" for number in range(9))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Branches that edit the same file: `first` and `other-first` the first line, `last` the last one."""
    path = make_repository(tmp_path / "r", {"f": LINES, "odd\nname": LINES})
    for branch, old, new in (("first", "0\n", "zero\n"), ("other-first", "0\n", "null\n"), ("last", "8\n", "eight\n")):
        git(path, "checkout", "-q", "-b", branch, "main")
        for name in ("f", "odd\nname"):
            (path / name).write_text(LINES.replace(old, new))
        git(path, "commit", "-qam", branch)
    return path


@pytest.fixture
def merges(repository: Path) -> Iterator[MergeProcess]:
    process = MergeProcess(GitCalls(cwd=str(repository)))
    yield process
    process.close()


def children() -> set[str]:
    return set(Path("/proc/thread-self/children").read_text().split())


def test_a_clean_merge_gives_the_tree_that_git_merge_gives(repository: Path, merges: MergeProcess) -> None:
    merged = merges.merge("first", "last")
    git(repository, "checkout", "-q", "first")
    git(repository, "merge", "-q", "--no-edit", "last")
    assert (merged.tree, merged.clean) == (git(repository, "rev-parse", "HEAD^{tree}"), True)
    assert merged.conflicting == ()


def test_a_conflict_names_each_file_once_whatever_its_name(merges: MergeProcess) -> None:
    merged = merges.merge("first", "other-first")
    assert not merged.clean
    assert sorted(merged.conflicting) == [b"f", b"odd\nname"]
    assert len(merged.entries) == 6


def test_one_process_answers_merge_after_merge(merges: MergeProcess) -> None:
    before = children()
    merges.merge("first", "last")
    started = children() - before
    for _ in range(20):
        assert merges.merge("first", "last").clean
        assert not merges.merge("first", "other-first").clean
    assert len(started) == 1
    assert children() - before == started


def test_what_cannot_be_merged_is_an_error_and_the_next_merge_works(merges: MergeProcess) -> None:
    with pytest.raises(GitFailed, match="not something we can merge"):
        merges.merge("first", "nowhere")
    assert merges.merge("first", "last").clean


def test_a_commit_made_meanwhile_is_found(repository: Path, merges: MergeProcess) -> None:
    merges.merge("first", "last")
    git(repository, "checkout", "-q", "last")
    (repository / "new").write_text("new\n")
    git(repository, "add", "new")
    git(repository, "commit", "-qm", "new")
    git(repository, "gc", "-q")
    assert "new" in git(repository, "ls-tree", "--name-only", merges.merge("first", "last").tree)


def test_without_a_way_to_unbuffer_every_merge_has_a_process_and_the_same_answer(
    repository: Path, merges: MergeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prodigy_action.adapters.git.merge_tree_process.shutil.which", lambda _: None)
    alone = MergeProcess(GitCalls(cwd=str(repository)))
    before = children()
    for theirs in ("last", "other-first"):
        assert alone.merge("first", theirs) == merges.merge("first", theirs)
    assert len(children() - before) == 1
    with pytest.raises(GitFailed, match="not something we can merge"):
        alone.merge("first", "nowhere")


def test_after_its_end_there_is_no_process(merges: MergeProcess) -> None:
    before = children()
    merges.merge("first", "last")
    merges.close()
    assert children() == before
