"""Where the file system stores new directories: far apart, and where making files takes little time.

ext4 without a journal, which virtual machines often have, does not use the place of a removed file again for one to six
minutes. It looks at all these places whenever a file is made near them: that can take fifty times as long as anywhere
else. Where files were removed is not known, but a few files that are made show it.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Iterable
from contextlib import suppress

_FLAGS = struct.Struct("l")
_GET_FLAGS, _SET_FLAGS = 0x8008_6601, 0x4008_6602
_TOP_DIRECTORY = 0x0002_0000
"""The attribute T of chattr(1): the directories inside are independent of each other."""
_PLACES = 12
"""So many places are tried at most."""
_FIRST_PLACES = 3
"""So many places are tried before it is known what a usual file costs."""
_FILES = 4
_TOLERANCE = 1.75
"""A place is good when a file costs less than so many times what it costs at the best place."""


def spread_below(directory: str | os.PathLike[str]) -> bool:
    """Ask the file system to store the directories below this one far apart; not all file systems support this.

    Returns whether this one does.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flags = bytearray(_FLAGS.size)
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
        fcntl.ioctl(descriptor, _SET_FLAGS, _FLAGS.pack(_FLAGS.unpack(flags)[0] | _TOP_DIRECTORY))
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


class Placement:
    """Makes directories below `directory`, each at a place where files are made quickly. Safe in several threads."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """`directory` exists. Raises `OSError`."""
        self._directory = os.fspath(directory)
        self._spread = spread_below(directory)
        self._usual_seconds = 0.0
        self._tried = 0

    def make(self, name: str) -> str:
        """Make the directory `name`, and return its path. Raises `OSError`."""
        path = f"{self._directory}/{name}"
        if not self._spread:
            os.mkdir(path)  # noqa: PTH102 - a path of text, like all others here
            return path
        found: list[tuple[float, str]] = []
        try:
            # The places that were tried stay until one is found: they keep the file system from offering them again.
            for number in range(_PLACES):
                place = path if number == 0 else f"{path}.{number}"
                os.mkdir(place)  # noqa: PTH102
                found.append((_seconds_of_a_file(place), place))
                if self._is_good(found[-1][0]):
                    break
            best = min(found)[1]
            _remove(place for _, place in found if place != best)
            if best != path:
                os.rename(best, path)  # noqa: PTH104
        except BaseException:
            _remove(place for _, place in found)
            raise
        return path

    def _is_good(self, seconds: float) -> bool:
        self._tried += 1
        self._usual_seconds = min(seconds, self._usual_seconds or seconds)
        return self._tried >= _FIRST_PLACES and seconds <= _TOLERANCE * self._usual_seconds


def _seconds_of_a_file(directory: str) -> float:
    """The processor time of making one file, the least of a few, which are removed."""
    seconds = []
    for number in range(_FILES):
        started = time.thread_time()
        os.close(os.open(f"{directory}/{number}", os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        seconds.append(time.thread_time() - started)
    for number in range(_FILES):
        os.unlink(f"{directory}/{number}")  # noqa: PTH108
    return min(seconds)


def _remove(directories: Iterable[str]) -> None:
    for directory in directories:
        with suppress(OSError):
            os.rmdir(directory)  # noqa: PTH106
