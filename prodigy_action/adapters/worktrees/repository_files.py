"""Small files of a repository that commands can write: compared and repaired in place."""

from __future__ import annotations

import os
import stat

_SMALL = 65_536
"""Bytes that one call reads."""


def facts_of(found: os.stat_result) -> tuple[int, ...]:
    """Values that change with every change of a file."""
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def is_just(path: str, content: bytes, mode: int | None = None) -> bool:
    """Whether there is a file with this content and one name, and with this mode (None: one that its owner may read and
    write); never waits for another process.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        found = os.fstat(file)
        usable = stat.S_ISREG(found.st_mode) and found.st_mode & 0o600 == 0o600
        as_made = (
            (usable if mode is None else found.st_mode == mode)
            and found.st_nlink == 1
            and found.st_size == len(content)
        )
        return as_made and os.read(file, len(content) + 1) == content
    except OSError:
        return False
    finally:
        os.close(file)


def holds(path: str, content: bytes) -> bool:
    """Whether the content of a regular file is `content` alone."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return os.fstat(file).st_size == len(content) and _read(file, len(content)) == content
    finally:
        os.close(file)


def _read(file: int, size: int) -> bytes:
    if size <= _SMALL:
        return os.read(file, size)
    with open(file, "rb", closefd=False) as stream:
        return stream.read(size)


def overwrite(path: str, content: bytes) -> None:
    """Give a regular file this content. Raises `OSError`."""
    # A file that is emptied first costs ten times as much: some file systems then write it to the disk at once.
    file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with open(file, "wb", closefd=False) as stream:
            stream.write(content)
        if os.fstat(file).st_size != len(content):
            os.ftruncate(file, len(content))
    finally:
        os.close(file)
