"""Removing files: few of them here, many in several processes at once.

Where a removed file is reported to the disk at once (ext4 without a journal, mounted with `discard`), each removal
waits for the disk, and eight that wait together take a tenth of the time.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_REMOVERS = 8
_WORTH = 64
"""For fewer directories than this, the processes take longer than the work."""
_PARTS_EACH = 3
"""So many processes, one after another, share the work of one remover: the work is spread evenly."""
_ALONE_SECONDS = 0.1
"""So long this process removes files alone: starting the others takes as long."""
_SMALL_DEPTH = 8
"""Directories inside each other that are removed one by one."""


def remove_side_by_side(root: Path, *, besides: str) -> None:
    """Remove most of what is below `root`, if that is much; its file named `besides` stays.

    What cannot be removed is left in silence: the caller removes what is left, and learns why it cannot.
    """
    try:
        pieces = [
            piece
            for part in root.iterdir()
            if part.name != besides
            # All worktrees of items are in one directory; the others have one thing in each.
            for piece in _pieces(os.fsencode(part), levels=2 if part.name == "worktrees" else 1)
        ]
    except OSError:
        return
    if len(pieces) < _WORTH:
        return
    until = time.monotonic() + _ALONE_SECONDS
    while pieces and time.monotonic() < until:
        _remove_piece(pieces.pop())
    xargs, remover = shutil.which("xargs"), shutil.which("rm")
    if xargs is None or remover is None or not pieces:
        return
    at_once = -(-len(pieces) // (_REMOVERS * _PARTS_EACH))
    subprocess.run(
        [xargs, "-0", "-P", str(_REMOVERS), "-n", str(at_once), remover, "-rf", "--"],
        input=b"".join(piece + b"\0" for piece in pieces),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, process_group=0,
    )  # fmt: skip


def _pieces(path: bytes, levels: int) -> Iterator[bytes]:
    """Paths that hold together all that is at a path: it, or what is in it, so many levels deep.

    Directories are opened up only as far as their path is ours alone: elsewhere another user could put a link to any
    place in the middle of a path, after it was read here.
    """
    found = os.lstat(path)
    if not levels or not stat.S_ISDIR(found.st_mode):
        yield path
        return
    with os.scandir(path) as entries:
        inside = [entry.path for entry in entries]
    ours = found.st_uid == os.geteuid()
    for each in inside:
        yield from _pieces(each, levels - 1 if ours else 0)


def _remove_piece(path: bytes) -> None:
    with suppress(OSError):  # the caller learns why
        if stat.S_ISDIR(os.lstat(path).st_mode):
            remove_small(path)
        else:
            os.unlink(path)  # noqa: PTH108 - bytes


def remove_small(path: str | bytes, above: int | None = None, deeper: int = _SMALL_DEPTH) -> bool:
    """Remove a directory that is not deep, in half the time of `shutil.rmtree`; returns false when it is deeper.

    `above` is an open directory that `path` is in. No link is followed. Raises `OSError`.
    """
    if not deeper:
        return False
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    try:
        with os.scandir(directory) as found:
            entries = list(found)
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.name, dir_fd=directory)
            elif not remove_small(entry.name, directory, deeper - 1):
                return False
    finally:
        os.close(directory)
    os.rmdir(path, dir_fd=above)
    return True
