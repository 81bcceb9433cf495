"""Copies of directories of somebody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prodigy_action.adapters.files.copying import SourceUnreadable, copy_below


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source/logs/deep").mkdir(parents=True)
    (tmp_path / "target").mkdir()
    return tmp_path / "source"


def test_files_and_directories_are_copied_and_everything_else_is_left_out(tmp_path: Path, source: Path) -> None:
    (source / "logs/deep/a").write_text("a")
    (source / "logs/empty").touch()
    (source / "logs/link").symlink_to("/etc/passwd")
    (source / "logs/directory").symlink_to("/etc")
    os.mkfifo(source / "logs/fifo")
    copy_below(source, "logs", tmp_path / "target")
    copy_below(source, "missing", tmp_path / "target")

    copied = {str(path.relative_to(tmp_path / "target")) for path in (tmp_path / "target").rglob("*")}
    assert copied == {"logs", "logs/deep", "logs/deep/a", "logs/empty"}
    assert (tmp_path / "target/logs/deep/a").read_text() == "a"


def test_a_sparse_file_is_copied_with_its_holes(tmp_path: Path, source: Path) -> None:
    with (source / "logs/sparse").open("wb") as file:
        file.seek(2**34)
        file.write(b"middle")
        file.truncate(2**35)
    copy_below(source, "logs/sparse", tmp_path / "target")

    copied = tmp_path / "target/logs/sparse"
    assert copied.stat().st_size == 2**35
    assert copied.stat().st_blocks < 10_000
    with copied.open("rb") as file:
        file.seek(2**34)
        assert file.read(7) == b"middle\0"


def test_a_link_in_place_of_the_whole_is_left_out(tmp_path: Path, source: Path) -> None:
    (source / "state").symlink_to(source / "logs")
    copy_below(source, "state", tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_directories_deeper_than_a_run_makes_are_refused(tmp_path: Path, source: Path) -> None:
    (source / "/".join(["logs"] * 20)).mkdir(parents=True)
    with pytest.raises(SourceUnreadable, match="deeper directories"):
        copy_below(source, "logs", tmp_path / "target")


def test_nothing_is_copied_over_a_file(tmp_path: Path, source: Path) -> None:
    for directory in (source, tmp_path / "target"):
        (directory / "file").write_text(directory.name)
    with pytest.raises(FileExistsError):
        copy_below(source, "file", tmp_path / "target")
    assert (tmp_path / "target/file").read_text() == "target"
