"""Events of the kernel about files and directories: inotify(7), which Python's library does not have.

The kernel allows a user few queues of events, so several watchers share one.
"""

from __future__ import annotations

import os
import struct
import weakref
from collections.abc import Iterator
from enum import IntFlag
from threading import Lock

_BUFFER_BYTES = 1 << 18
_MOST_READS = 64
"""A process that makes events without end must not keep us reading."""
_HEAD = struct.Struct("iIII")
_MOST_EVENTS = 1 << 14
"""So many events wait for one watcher; the kernel keeps as many by default."""


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
    IGNORED = 0x8000
    ONLYDIR = 0x0100_0000
    DONT_FOLLOW = 0x0200_0000


class _Share:
    """What a queue has for one watcher."""

    __slots__ = ("lost", "numbers", "waiting")

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        """Its watches."""
        self.waiting: list[tuple[int, int, bytes]] = []
        self.lost = False
        """Whether events of it were, or may have been, lost."""


class Watcher:
    """One of those that share a queue: it gets the events of its own watches. Made by `Inotify.watcher`."""

    def __init__(self, queue: Inotify, share: _Share) -> None:
        self._queue = queue
        self._share = share

    def add(self, path: bytes, kinds: int) -> int:
        """Watch what is at `path`, and return the number that its events have; the same number for the same inode.

        Raises `OSError`, also where another watcher of the queue has this inode: the kernel would report to one alone.
        """
        return self._queue.add_for(self._share, path, kinds)

    def events(self) -> list[tuple[int, int, bytes]]:
        """What has happened since the last call: watch, kinds, and the name in a watched directory.

        When events were lost, there is one of them alone, an overflow, at each further call too.
        """
        return self._queue.events_of(self._share)

    def close(self) -> None:
        """Give all its watches back; a second call does nothing."""
        self._queue.leave(self._share)


class Inotify:
    """One queue of events, safe in several threads. Every method raises `OSError`; the queue is closed when the object
    is.
    """

    def __init__(self) -> None:
        import ctypes  # only a pool whose items leave their worktrees unchanged needs it

        library = ctypes.CDLL(None, use_errno=True)
        self._add = library.inotify_add_watch
        self._remove = library.inotify_rm_watch
        self._errno = ctypes.get_errno
        self._lock = Lock()
        self._shares: list[_Share] = []
        self._owners: dict[int, _Share] = {}
        self._file: int = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file < 0:
            raise self._error("no queue of events can be made")
        self._close = weakref.finalize(self, os.close, self._file)

    @property
    def shared_by(self) -> int:
        """How many watchers there are."""
        return len(self._shares)

    def watcher(self) -> Watcher:
        """A further watcher of this queue."""
        with self._lock:
            if not self._close.alive:
                raise OSError("the queue of events is closed")
            self._shares.append(share := _Share())
        return Watcher(self, share)

    def add_for(self, share: _Share, path: bytes, kinds: int) -> int:
        """What `Watcher.add` does."""
        with self._lock:  # an event that another thread reads must find its watcher
            number: int = self._add(self._file, path, kinds)
            if number < 0:
                raise self._error(os.fsdecode(path))
            owner = self._owners.setdefault(number, share)
            if owner is not share:
                owner.lost = share.lost = True
                raise OSError(f"{os.fsdecode(path)!r} is in two watched directories")
            share.numbers.add(number)
        return number

    def events_of(self, share: _Share) -> list[tuple[int, int, bytes]]:
        """What `Watcher.events` does."""
        with self._lock:
            self._distribute()
            if share.lost:
                return [(-1, Event.Q_OVERFLOW, b"")]
            found, share.waiting = share.waiting, []
        return found

    def leave(self, share: _Share) -> None:
        """What `Watcher.close` does; the last one closes the queue."""
        with self._lock:
            if share not in self._shares:
                return
            self._shares.remove(share)
            if not self._shares:
                self._close()
                self._owners.clear()
            for number in share.numbers:
                if self._owners.pop(number, None) is not None:
                    self._remove(self._file, number)
            share.numbers.clear()
            share.waiting.clear()

    def _distribute(self) -> None:
        for number, kinds, name in self._events():
            if kinds & Event.Q_OVERFLOW:
                for each in self._shares:
                    each.lost = True
                continue
            owner = self._owners.get(number)
            if owner is None or owner.lost:
                continue  # it has left, or has to look at everything
            owner.waiting.append((number, kinds, name))
            if len(owner.waiting) > _MOST_EVENTS:
                owner.lost = True
                owner.waiting.clear()
            if kinds & Event.IGNORED:
                del self._owners[number]
                owner.numbers.discard(number)

    def _events(self) -> Iterator[tuple[int, int, bytes]]:
        if not self._close.alive:
            return
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
