"""Files that others name: what is no regular file, or too large, is refused without waiting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prodigy_action.adapters.files.named_file import read_named_file, read_start, write_named_file


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345678")

    assert read_named_file(tmp_path / "file", limit=8) == b"12345678"
    assert read_start(tmp_path / "file", limit=3) == b"123"
    with pytest.raises(OSError, match="more than the 7 bytes"):
        read_named_file(tmp_path / "file", limit=7)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(2**20))

    def grow() -> None:
        with path.open("ab") as file:
            file.write(bytes(2**20))

    with pytest.raises(OSError, match="more than"):
        read_named_file(path, limit=2**22, checkpoint=grow)


def test_a_checkpoint_ends_the_reading(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")

    def cancelled() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        read_named_file(tmp_path / "file", limit=8, checkpoint=cancelled)


def test_only_a_regular_file_is_read_or_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "device").symlink_to("/dev/null")

    for path in (tmp_path, tmp_path / "fifo", tmp_path / "device"):
        with pytest.raises(OSError, match="no regular file"):
            read_named_file(path, limit=8)
        with pytest.raises(OSError, match="no regular file"):
            write_named_file(path, b"x")


def test_writing_replaces_content_and_mode(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a longer text")

    write_named_file(tmp_path / "file", b"short", mode=0o600)

    assert (tmp_path / "file").read_bytes() == b"short"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
