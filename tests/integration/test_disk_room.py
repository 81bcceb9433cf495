"""The message about a disk without room for the worktrees says what to do, in numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodigy_action.adapters.git.calls import GitCalls
from prodigy_action.adapters.repository.disk_room import check_room, files_bytes, free_bytes, list_tree, tree_bytes
from prodigy_action.errors import InvalidInput
from tests.support.git import make_repository


def test_a_tree_takes_whole_blocks(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a": "x", "dir/b": "y" * 4097, "empty": ""})
    measured = tree_bytes(list_tree(GitCalls(cwd=str(repository)), "HEAD").rows)
    assert 3 * 4096 <= measured < 4 * 4096


def test_files_that_are_absent_take_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"x" * 10)
    assert 4096 <= files_bytes(bytes(tmp_path), [b"there", b"gone"]) < 2 * 4096


def test_worktrees_that_fit_are_accepted(tmp_path: Path) -> None:
    """It raises nothing, which is all that there is to see."""
    check_room(str(tmp_path), free_bytes(str(tmp_path)) // 8, 4)


def test_a_pool_that_does_not_fit_is_refused_with_the_width_that_would(tmp_path: Path) -> None:
    each = free_bytes(str(tmp_path)) // 4
    with pytest.raises(InvalidInput) as refused:
        check_room(str(tmp_path), each, 16)
    (reported,) = refused.value.diagnostics
    assert "16 worktrees of" in reported.message
    assert reported.hint is not None
    assert "lower max-parallel to at most" in reported.hint


def test_a_single_worktree_that_does_not_fit_is_reported_as_such(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_room(str(tmp_path), 2 * free_bytes(str(tmp_path)), 1)
    (reported,) = refused.value.diagnostics
    assert reported.message.startswith("a worktree of")
    assert "max-parallel" not in (reported.hint or "")
