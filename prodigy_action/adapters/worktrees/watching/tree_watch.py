"""Whether anything below a directory may have changed: the kernel says so, and mostly the answer is no.

There is a watch on every directory, for names and modes, and on every other inode, for its content and attributes. A
watch of a directory alone would miss a change of a file through a hard link outside of it. What it relies on:

* Names appear, go and move only with an event of their directory; modes, owners, times, extended attributes and the
  number of links change only with an event of the inode, whichever path, mount or namespace is used.
* Content changes through an open file, or by truncate(2), which is an event of the inode. A write is one too, but a
  write into a shared mapping is not, and the file may be closed at any later time: by a process that outlives the
  item, or that got the file through a socket. So every opening is an event, and the facts of a file that was ever
  opened are compared at every look, like a scan does. Nothing depends on the order in which the kernel ends a process.
* Events are in the queue when the system call that causes them returns. Whoever still works may change files after any
  look; the next look sees it.
* A file system between the items and these files (overlayfs with its upper directory here) may hide openings. That is
  tried before the first use: see `watch_trial`.

Times of access are no facts of a scan, and reading is therefore no change.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prodigy_action.adapters.git.calls import inside
from prodigy_action.adapters.worktrees.watching.inotify import Event, Inotify, Watcher

_DIRECTORY = (
    Event.CREATE | Event.DELETE | Event.MOVED_FROM | Event.MOVED_TO | Event.ATTRIB | Event.DELETE_SELF | Event.MOVE_SELF
    | Event.DONT_FOLLOW | Event.ONLYDIR
).value  # fmt: skip
_OTHER = (
    Event.MODIFY | Event.ATTRIB | Event.CLOSE_WRITE | Event.OPEN | Event.DELETE_SELF | Event.MOVE_SELF
    | Event.DONT_FOLLOW
).value  # fmt: skip
_OPENED = int(Event.OPEN)
_OVERFLOW = int(Event.Q_OVERFLOW)


class Report(NamedTuple):
    """A change: of the inode at `path`, or, with a `name`, of that name in the directory at `path`."""

    path: bytes
    name: bytes

    @property
    def whole(self) -> bytes:
        """The path that has changed."""
        return self.path + b"/" + self.name if self.path and self.name else self.path or self.name


class TreeWatch:
    """Watches on everything below `root`, but on nothing that is named `left_out` directly in it.

    Every method raises `OSError` when the kernel refuses, also for a path that is not there.
    """

    def __init__(self, root: bytes, left_out: bytes | None = b".git", watcher: Watcher | None = None) -> None:
        """Its events come to `watcher`, or through a queue of its own."""
        self._root = root
        self._left_out = left_out
        self._inotify = watcher or Inotify().watcher()
        self._top = 0
        self._identity = (0, 0)
        self._paths: dict[int, bytes] = {}
        self.opened: set[bytes] = set()
        """The files that were opened since their watch was made. Their content may change without a further event."""

    def add(self, path: bytes, *, directory: bool) -> None:
        """Watch what is at `path`; again where it is watched: another inode may have taken its place."""
        watch = self._inotify.add(inside(self._root, path), _DIRECTORY if directory else _OTHER)
        self._paths[watch] = path
        if not path:
            found = os.lstat(self._root)
            self._top, self._identity = watch, (found.st_dev, found.st_ino)

    def reports(self) -> Iterator[Report]:
        """What has happened since the last call. Files that were opened are from then on in `opened`.

        When more happened than the queue holds, `OSError` is raised, because nobody knows which files were opened.
        """
        for watch, kinds, name in self._inotify.events():
            if kinds & _OVERFLOW:
                raise OSError("more events than the kernel keeps")
            if watch == self._top and name == self._left_out:
                continue
            path = self._paths.get(watch, b"")
            if kinds & _OPENED:
                self.opened.add(path)
            if kinds != _OPENED:
                yield Report(path, name)

    def is_unchanged(self) -> bool:
        """Whether nothing was reported since the last call but files that were opened, which are then in `opened`.

        Raises `OSError` like `reports`, which it uses up.
        """
        return not list(self.reports()) and self.is_there()

    def forget_opened(self, paths: Iterable[bytes]) -> None:
        """The files at these paths are new ones, which nobody has opened."""
        self.opened.difference_update(paths)

    def close(self) -> None:
        """Give all watches back."""
        self._inotify.close()

    def is_there(self) -> bool:
        """Whether the root still is the directory whose watch was made."""
        try:
            found = os.lstat(self._root)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity
