"""Removing a large directory in several processes: everything, and nothing outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prodigy_action.adapters.files import removal
from prodigy_action.adapters.files.removal import remove_side_by_side
from prodigy_action.adapters.files.temporary_pool import temporary_pool


def _fill(root: Path, directories: int) -> None:
    for number in range(directories):
        (inner := root / f"worktrees/slot-{number % 3}/d{number}/a\nb").mkdir(parents=True)
        (inner / f"{os.fsdecode(bytes([0xFF]))} x").write_text("content\n")
        (root / f"worktrees/slot-{number % 3}/file {number}").write_text("content\n")


@pytest.mark.parametrize("seconds", (0.0, 60.0))
def test_a_large_directory_is_emptied_but_for_the_lock(
    seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By other processes, and by this one alone."""
    monkeypatch.setattr(removal, "_ALONE_SECONDS", seconds)
    (root := tmp_path / "pool").mkdir()
    _fill(root, 80)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("kept\n")
    (root / "worktrees/slot-0/link").symlink_to(tmp_path / "kept")
    (root / "pool.lock").write_text("")
    remove_side_by_side(root, besides="pool.lock")
    assert [path.relative_to(root) for path in root.rglob("*") if not path.is_dir()] == [Path("pool.lock")]
    assert (tmp_path / "kept/file").read_text() == "kept\n"


def test_a_small_one_is_left_to_the_caller(tmp_path: Path) -> None:
    _fill(tmp_path, 3)
    before = sorted(tmp_path.rglob("*"))
    remove_side_by_side(tmp_path, besides="pool.lock")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("program", ("xargs", "nothing"))
def test_a_pool_with_locked_directories_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """Also where `xargs` is missing."""
    if program == "nothing":
        monkeypatch.setenv("PATH", "/nonexistent")
    with temporary_pool(str(tmp_path)) as name:
        _fill(root := Path(name), 80)
        (root / "worktrees/slot-1/d1/a\nb").chmod(0o500)
        (root / "worktrees/slot-1/d1").chmod(0o500)
    assert list(tmp_path.iterdir()) == []
