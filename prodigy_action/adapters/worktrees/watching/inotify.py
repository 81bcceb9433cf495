"""Events of the kernel about files and directories: inotify(7), which Python's library does not have."""

from __future__ import annotations

import os
import struct
import weakref
from collections.abc import Iterator
from enum import IntFlag

_BUFFER_BYTES = 1 << 18
_MOST_READS = 64
"""A process that makes events without end must not keep us reading."""
_HEAD = struct.Struct("iIII")


class Event(IntFlag):
    """The kinds of events, and the options of a watch."""

    MODIFY = 0x2
    ATTRIB = 0x4
    CLOSE_WRITE = 0x8
    OPEN = 0x20
    MOVED_FROM = 0x40
    MOVED_TO = 0x80
    CREATE = 0x100
    DELETE = 0x200
    DELETE_SELF = 0x400
    MOVE_SELF = 0x800
    Q_OVERFLOW = 0x4000
    ONLYDIR = 0x0100_0000
    DONT_FOLLOW = 0x0200_0000


class Inotify:
    """One queue of events. Every method raises `OSError`; the queue is closed when the object is."""

    def __init__(self) -> None:
        import ctypes  # only a pool whose items leave their worktrees unchanged needs it

        library = ctypes.CDLL(None, use_errno=True)
        self._add = library.inotify_add_watch
        self._errno = ctypes.get_errno
        self._file: int = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file < 0:
            raise self._error("no queue of events can be made")
        self.close = weakref.finalize(self, os.close, self._file)
        """Give all watches back; a second call does nothing."""

    def add(self, path: bytes, kinds: int) -> int:
        """Watch what is at `path`, and return the number that its events have; the same number for the same inode."""
        number: int = self._add(self._file, path, kinds)
        if number < 0:
            raise self._error(os.fsdecode(path))
        return number

    def events(self) -> Iterator[tuple[int, int, bytes]]:
        """What has happened since the last call: watch, kinds, and the name in a watched directory.

        An overflow of the queue is an event of its own, without a watch.
        """
        for _ in range(_MOST_READS):
            try:
                block = os.read(self._file, _BUFFER_BYTES)
            except BlockingIOError:
                return
            place = 0
            while place < len(block):
                watch, kinds, _, size = _HEAD.unpack_from(block, place)
                place += _HEAD.size + size
                yield watch, kinds, block[place - size : place].rstrip(b"\0") if size else b""
        yield -1, Event.Q_OVERFLOW, b""

    def _error(self, text: str) -> OSError:
        number = self._errno()
        return OSError(number, os.strerror(number), text)
