"""Copies of directories that somebody else may have filled: no link is followed, and copying comes to an end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePath

from prodigy_action.adapters.files.below import directory_below, make_directory_below, open_below
from prodigy_action.adapters.files.writing import write_whole

_DEEPEST = 16
_MOST_FILES = 1_000_000
_PIECE_BYTES = 1 << 20


class SourceUnreadable(OSError):
    """What is to be copied cannot be read."""


def copy_below(source: Path, path: str, target: Path) -> None:
    """Copy the file or directory `path` of `source` to the same place of `target`, with all that is in it.

    What is no regular file and no directory is left out, and nothing is copied when there is no `path`. Of each file
    the size that it has at first is copied, and its holes stay holes: a sparse file takes neither time nor room. Raises
    `SourceUnreadable`, also for more files and deeper directories than a run makes, `OSError`.
    """
    left = [path]
    files = 0
    while left:
        place = left.pop()
        mode, names = _look(source, place)
        if stat.S_ISDIR(mode):
            make_directory_below(target, place)
            left += (f"{place}/{name}" for name in names)
        elif stat.S_ISREG(mode):
            _copy_file(source, place, target)
        files += 1
        if files > _MOST_FILES or len(PurePath(place).parts) > _DEEPEST:
            raise SourceUnreadable(errno.EFBIG, "it has more files or deeper directories than a run makes", path)


def _look(source: Path, path: str) -> tuple[int, list[str]]:
    """The mode of what is there, 0 for nothing, and the names in a directory."""
    place = PurePath(path)
    try:
        with directory_below(source, str(place.parent)) as directory:
            mode = os.stat(place.name, dir_fd=directory, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode):
            return mode, []
        with directory_below(source, path) as directory:
            return mode, os.listdir(directory)  # noqa: PTH208 - of a descriptor
    except FileNotFoundError:
        return 0, []
    except OSError as error:
        raise SourceUnreadable(error.errno, error.strerror, path) from error


def _copy_file(source: Path, path: str, target: Path) -> None:
    try:
        reading = open_below(source, path, os.O_RDONLY)
    except OSError as error:
        raise SourceUnreadable(error.errno, error.strerror, path) from error
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        writing = open_below(target, path, flags, make_directories=True)
        try:
            size = os.fstat(reading).st_size
            os.ftruncate(writing, size)
            _copy_content(reading, writing, size, path)
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _copy_content(reading: int, writing: int, size: int, path: str) -> None:
    done = 0
    while done < size:
        try:
            done = os.lseek(reading, done, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # nothing but a hole is left
            raise
        end = min(os.lseek(reading, done, os.SEEK_HOLE), size)
        os.lseek(reading, done, os.SEEK_SET)
        os.lseek(writing, done, os.SEEK_SET)
        while done < end:
            piece = os.read(reading, min(end - done, _PIECE_BYTES))
            if not piece:
                raise SourceUnreadable(errno.EIO, "it became shorter while it was copied", path)
            done += len(piece)
            write_whole(writing, piece)
