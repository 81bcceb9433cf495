"""Excerpts of logs and patches, whatever a step has put in their place."""

from __future__ import annotations

import os
from pathlib import Path

from prodigy_action.adapters.results.excerpts import ResultExcerpts


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("one\ntwo\n")

    assert ResultExcerpts(tmp_path).read("a.log", 100, "end") == ("one\ntwo\n", 8)


def test_the_end_begins_and_the_begin_ends_with_a_whole_line(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("first line\nsecond line\nthird line\n")
    excerpts = ResultExcerpts(tmp_path)

    assert excerpts.read("a.log", 15, "end") == ("third line\n", 34)
    assert excerpts.read("a.log", 15, "begin") == ("first line\n", 34)


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"a\xff\n")

    assert ResultExcerpts(tmp_path).read("a.log", 100, "end")[0] == "a\ufffd\n"


def test_links_pipes_directories_and_missing_files_are_empty(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    excerpts = ResultExcerpts(tmp_path)

    assert {excerpts.read(name, 10, "end") for name in ("link", "pipe", "directory", "missing")} == {("", 0)}
