"""Scratch directories are used again, and nothing of one user is left for the next."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from prodigy_action.adapters.processes.scratch import ScratchDirectory

FILES = {"step": b"echo one\n", "values": b"secret"}


def is_there(path: str) -> bool:
    return os.path.lexists(path)


def contents(directory: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(directory).iterdir()}


def test_a_discarded_directory_holds_nothing_and_is_used_again() -> None:
    async def run() -> None:
        with ScratchDirectory() as scratch:
            first = scratch.reserve()
            await scratch.save(first, FILES, worktree="")
            assert contents(first) == FILES
            await scratch.discard(first)
            assert set(contents(first).values()) == {b""}
            assert scratch.reserve() == first
            await scratch.save(first, {"step": b"two"}, worktree="")
            assert contents(first) == {"step": b"two"}
            assert scratch.reserve() != first

    anyio.run(run)


@pytest.mark.parametrize(
    "vandalise",
    (
        pytest.param(lambda path: (path / "step").chmod(0o666), id="a file for everybody"),
        pytest.param(lambda path: path.chmod(0o777), id="a directory for everybody"),
        pytest.param(lambda path: os.link(path / "step", path / "more"), id="a second name"),
        pytest.param(lambda path: (path / "link").symlink_to("/etc/passwd"), id="a link"),
        pytest.param(lambda path: (path / "inner").mkdir(), id="a directory inside"),
    ),
)
def test_a_directory_that_was_tampered_with_is_not_used_again(vandalise: Callable[[Path], None]) -> None:
    async def run() -> None:
        with ScratchDirectory() as scratch:
            directory = scratch.reserve()
            await scratch.save(directory, FILES, worktree="")
            vandalise(Path(directory))
            await scratch.discard(directory)
            assert not is_there(directory)
            assert scratch.reserve() != directory

    anyio.run(run)


@pytest.mark.parametrize("remove", (lambda path: (path / "step").unlink(), shutil.rmtree), ids=("a file", "all"))
def test_what_others_removed_from_a_free_directory_is_made_again(remove: Callable[[Path], None]) -> None:
    async def run() -> None:
        with ScratchDirectory() as scratch:
            directory = scratch.reserve()
            await scratch.save(directory, FILES, worktree="")
            await scratch.discard(directory)
            remove(Path(directory))
            again = scratch.reserve()
            await scratch.save(again, {"other": b"two"}, worktree="")
            assert contents(again) == {"other": b"two"}

    anyio.run(run)


def test_what_was_reserved_and_never_used_can_be_discarded() -> None:
    async def run() -> None:
        with ScratchDirectory() as scratch:
            await scratch.discard(scratch.reserve())
            again = scratch.reserve()
            await scratch.save(again, FILES, worktree="")
            assert contents(again) == FILES

    anyio.run(run)
