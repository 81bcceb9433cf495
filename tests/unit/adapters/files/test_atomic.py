"""Files that are replaced as a whole, below a root that no link leads out of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodigy_action.adapters.files.atomic import replace_file
from prodigy_action.adapters.files.below import open_below


def test_a_file_is_replaced_and_its_directories_are_made(tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        replace_file(tmp_path, "a/b/file", content, durable=True)

    assert {path.name: path.read_bytes() for path in (tmp_path / "a/b").iterdir()} == {"file": b"new"}


def test_content_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half"
        raise ValueError

    replace_file(tmp_path, "file", b"old", durable=False)
    with pytest.raises(ValueError):
        replace_file(tmp_path, "file", failing(), durable=False)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


def test_a_link_is_replaced_and_what_it_leads_to_is_left(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    for name in ("file", "file.partial"):
        (tmp_path / name).symlink_to(tmp_path / "elsewhere")

    replace_file(tmp_path, "file", b"new", durable=False)

    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_a_directory_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "logs").symlink_to("elsewhere")

    with pytest.raises(OSError, match="a symbolic link is in its place"):
        replace_file(tmp_path, "logs/file", b"new", durable=False)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")

    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        with pytest.raises(OSError, match="no regular file"):
            open_below(tmp_path, "fifo", flags)
