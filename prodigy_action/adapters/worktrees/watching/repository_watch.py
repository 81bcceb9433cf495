"""The watch of a slot's repository: whether it is as it was restored, but for HEAD and the branch of the item."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterator

from prodigy_action.adapters.worktrees.watching.tree_watch import Report, TreeWatch
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget

_MOST_PATHS = 200
"""More than a restored repository has."""
_IN_VAIN_MOST = 8
"""Where so many items in a row changed their repository, as most commands of git do, watching it is not worth more."""


class RepositoryWatch:
    """Like `SlotWatch`, the answer is only "certainly unchanged" or "look".

    The repository is restored between `begin` and `finish`. What it then finds as it should be, and nothing is reported
    of after that, is unchanged. The files that are `unwatched` get another content for each item; the caller compares
    them.
    """

    def __init__(self, budget: WatchBudget, git_dir: str) -> None:
        self._budget = budget
        self._root = os.fsencode(git_dir)
        self._watch: TreeWatch | None = None
        self._valid = False
        self._given_up = False
        self._in_vain = 0

    def begin(self, unwatched: Collection[str]) -> None:
        """Watch what is there, and take the events out of the queue; a restoring that follows sees to them."""
        self._valid = False
        watch = self._watch or self._make()
        if watch is None:
            return
        self._in_vain += 1
        try:
            for path, is_directory in _paths(self._root):
                if os.fsdecode(path) not in unwatched:
                    watch.add(path, directory=is_directory)
            watch.is_unchanged()
            self._valid = True
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self.close()
            self._given_up = error.errno != errno.E2BIG

    def finish(self) -> None:
        """The repository is as it should be; unless something had to be changed, it stays so without a report."""
        self._valid = self._valid and self._reports() == []

    def is_unchanged(self, is_as_made: Callable[[str], bool]) -> bool:
        """Whether all watched paths are certainly as they were. `is_as_made` compares the facts of one file."""
        if self._watch is None or not self._valid:
            if self._in_vain > _IN_VAIN_MOST:
                self.close()
            return False
        opened = self._watch.opened
        self._valid = self._reports() == [] and all(is_as_made(os.fsdecode(path)) for path in opened)
        if self._valid:
            self._in_vain = 0
        return self._valid

    def change(self, change: Callable[[], None], *expected: tuple[str, str]) -> None:
        """Make a change of our own, of which just these names in these directories are reported, in this order."""
        if self._watch is None or not self._valid:
            change()
            return
        before = self._reports()
        change()
        reports = [Report(os.fsencode(path), os.fsencode(name)) for path, name in expected]
        self._valid = before == [] and self._reports() == reports

    def close(self) -> None:
        """Return the watches."""
        if self._watch is not None:
            self._watch.close()
            self._budget.release(_MOST_PATHS)
        self._watch, self._valid = None, False

    def _make(self) -> TreeWatch | None:
        if self._in_vain > _IN_VAIN_MOST or self._given_up or not self._budget.wanted:
            return None
        if self._budget.take(_MOST_PATHS, None):
            try:
                self._watch = TreeWatch(self._root, None, self._budget.watcher(small=True))
            except OSError:
                self._budget.release(_MOST_PATHS)
                self._given_up = True
        return self._watch

    def _reports(self) -> list[Report] | None:
        try:
            return None if self._watch is None else list(self._watch.reports())
        except OSError:
            self.close()
            return None


def _paths(root: bytes) -> Iterator[tuple[bytes, bool]]:
    """Everything below `root`, a directory before it is read. Raises `OSError`, also for more than a repository has."""
    left, found = [b""], 0
    while left:
        directory = left.pop()
        yield directory, True
        with os.scandir(root + b"/" + directory if directory else root) as entries:
            for entry in entries:
                path = directory + b"/" + entry.name if directory else entry.name
                found += 1
                if found > _MOST_PATHS:
                    raise OSError(errno.E2BIG, "more files than a restored repository has")
                if entry.is_dir(follow_symlinks=False):
                    left.append(path)
                else:
                    yield path, False
