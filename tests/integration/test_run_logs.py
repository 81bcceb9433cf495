from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from prodigy_action.adapters.results.run_logs import AgentLog, DirectoryResultFiles
from prodigy_action.environment import ResultFiles
from prodigy_action.errors import ResultsUnwritable
from prodigy_action.pure.text.masking import Masker
from tests.support.small_disks import small_disk


def test_a_log_holds_what_was_written_before_it_is_closed(tmp_path: Path) -> None:
    log = DirectoryResultFiles(tmp_path, Masker([])).open_log("item-0007")

    log.write(b"one\n\xff")

    assert log.path == "logs/item-0007.log"
    assert (tmp_path / log.path).read_bytes() == b"one\n\xff"
    log.close()


def test_a_late_log_is_made_at_the_first_output_with_what_was_announced(tmp_path: Path) -> None:
    log = DirectoryResultFiles(tmp_path, Masker(["topsecret"])).open_log("item-0007", late=True)

    log.announce(b"$ say topsecret\n")
    log.write(b"")
    assert (log.path, log.tail) == (None, "$ say topsecret\n")
    assert not (tmp_path / "logs").exists()

    log.write(b"said\n")
    log.announce(b"$ more\n")
    log.close()
    assert log.path == "logs/item-0007.log"
    assert (tmp_path / log.path).read_bytes() == b"$ say ***\nsaid\n$ more\n"


def test_a_late_log_without_output_is_made_when_it_is_to_be_kept(tmp_path: Path) -> None:
    files = DirectoryResultFiles(tmp_path, Masker([]))
    for name, kept in (("silent", False), ("failed", True)):
        log = files.open_log(name, late=True)
        log.announce(b"$ test -f x\n")
        if kept:
            log.keep()
        log.close()

    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["failed.log"]
    assert (tmp_path / "logs/failed.log").read_bytes() == b"$ test -f x\n"


def test_a_secret_split_over_writes_is_masked(tmp_path: Path) -> None:
    log = AgentLog(tmp_path, "a.log", Masker(["topsecret"]))

    for letter in b"say topsecret, top":
        log.write(bytes([letter]))
    log.close()

    assert (tmp_path / "a.log").read_bytes() == b"say ***, top"


def test_a_log_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    for text in (b"first\n", b"second\n"):
        log = AgentLog(tmp_path, "a.log", Masker([]))
        log.write(text)
        log.close()

    assert (tmp_path / "a.log").read_bytes() == b"first\nsecond\n"


def test_a_log_that_is_too_long_is_cut_and_says_so(tmp_path: Path) -> None:
    log = AgentLog(tmp_path, "a.log", Masker(["xyz"]), 10)

    for _ in range(5):
        log.write(b"12345678")
    log.close()

    assert (tmp_path / "a.log").read_bytes() == (
        b"1234567812\n[the log was cut after 10 bytes: 30 more are not kept]\n"
    )


def test_a_log_that_just_fits_is_not_cut(tmp_path: Path) -> None:
    log = AgentLog(tmp_path, "a.log", Masker(["xyz"]), 8)
    log.write(b"12345678")
    log.close()

    assert (tmp_path / "a.log").read_bytes() == b"12345678"


def test_a_log_may_be_closed_twice(tmp_path: Path) -> None:
    log = AgentLog(tmp_path, "a.log", Masker([]), 1)
    log.write(b"12")
    log.close()
    log.close()

    assert (tmp_path / "a.log").read_bytes().count(b"the log was cut") == 1


def test_a_place_for_logs_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")

    with pytest.raises(
        ResultsUnwritable, match=r"'logs/x\.log' in the results directory cannot be written: not a directory"
    ):
        DirectoryResultFiles(tmp_path, Masker([])).open_log("x")


def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", megabytes=1) as small:
        log = AgentLog(small, "a.log", Masker([]))

        with pytest.raises(ResultsUnwritable, match=r"'a\.log' .* no space left on device"):
            log.write(bytes(2**21))
        with suppress(ResultsUnwritable):
            log.close()


def test_a_link_in_the_place_of_a_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.log").symlink_to("/dev/full")

    with pytest.raises(ResultsUnwritable, match="a symbolic link is in its place"):
        AgentLog(tmp_path, "a.log", Masker([]))


def test_a_patch_is_written_whole_and_masked(tmp_path: Path) -> None:
    files: ResultFiles = DirectoryResultFiles(tmp_path, Masker(["topsecret"]))

    path = anyio.run(files.write_patch, "item-0007", b"+topsecret\n\0\xff")

    assert path == "patches/item-0007.patch"
    assert (tmp_path / path).read_bytes() == b"+***\n\0\xff"
    assert [file.name for file in (tmp_path / "patches").iterdir()] == ["item-0007.patch"]


def test_a_place_for_patches_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "patches").write_text("a file")

    with pytest.raises(ResultsUnwritable, match="cannot be written"):
        anyio.run(DirectoryResultFiles(tmp_path, Masker([])).write_patch, "x", b"x")


def test_a_late_log_continues_that_of_an_earlier_execution(tmp_path: Path) -> None:
    files = DirectoryResultFiles(tmp_path, Masker([]))
    first = files.open_log("item-1", late=True)
    first.write(b"printed\n")
    first.close()
    second = files.open_log("item-1", late=True)
    second.announce(b"=== execution 2 of this item\n")
    assert second.path == "logs/item-1.log"
    second.close()
    assert (tmp_path / "logs/item-1.log").read_text() == "printed\n=== execution 2 of this item\n"
