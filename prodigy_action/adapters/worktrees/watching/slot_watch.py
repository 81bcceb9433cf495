"""The watch of one slot: made when it is worth its cost, kept over changes, and given up at the first doubt."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.worktrees.scan import fact_line, path_of
from prodigy_action.adapters.worktrees.watching.tree_watch import TreeWatch
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget

_OPENED_PART = 2
"""A scan is cheaper once more than one in so many files has to be looked at."""
_OPENED_ALWAYS = 100


class SlotWatch:
    """Answers one question, whether a worktree is as it was issued, and only with "certainly" or "look".

    The order is: add watches, take the events out of the queue, scan. When the scan finds the pristine state, and
    nothing is reported after that, nothing has changed. Nothing here raises: with any doubt the answer is "look".
    """

    def __init__(self, budget: WatchBudget, root: bytes, user: Credentials | None) -> None:
        self._budget = budget
        self._root = root
        self._user = user
        self._watch: TreeWatch | None = None
        self._taken = 0
        self.is_valid = False
        """Whether a scan found the pristine state after every watch was made."""
        self._scanned = False
        self._given_up = False
        self._replaced: set[bytes] = set()
        """Paths that were restored: what is there now has no watch yet."""

    def is_unchanged(self, issued: set[bytes]) -> bool:
        """Whether the worktree certainly still has the facts `issued`; a small number of system calls."""
        if self._watch is None or not self.is_valid:
            return False
        try:
            self.is_valid = self._watch.is_unchanged()
            if len(self._watch.opened) > max(_OPENED_ALWAYS, len(issued) // _OPENED_PART):
                self._give_up()
            elif self.is_valid:
                self.is_valid = all(fact_line(self._root, path) in issued for path in self._watch.opened)
        except FileNotFoundError:
            self.is_valid = False
        except OSError:
            self._give_up()
        return self.is_valid

    @property
    def has_many_opened(self) -> bool:
        """Whether an answer takes milliseconds, because the facts of many files have to be compared."""
        return self._watch is not None and len(self._watch.opened) > _OPENED_ALWAYS

    def before_first_use(self, issued: Collection[bytes]) -> None:
        """Watch a new worktree, which no process of an item can have entered yet.

        Only where items are kept apart by users: there, an item may be hostile, keep a file open in a process of an
        item beside it, and write when the watch would be made later. Elsewhere a watch is made when it pays.
        """
        if self._user is not None:
            self._make(issued)
            self.is_valid = self._watch is not None and not self._replaced

    def before_scan(self, issued: set[bytes]) -> None:
        """Make the watches that are missing, and take all events out of the queue: a scan is going to see to them."""
        self.is_valid = False
        if self._watch is not None:
            lines = [line for line in issued if line.startswith(b"d ") or path_of(line) in self._replaced]
            self._add(self._watch, lines)
        elif self._scanned and self._user is None and self._budget.wanted:
            self._make(issued)

    def after_scan(self, *, pristine: bool) -> None:
        """What the scan found that `before_scan` prepared."""
        self._scanned = True
        self.is_valid = pristine and self._watch is not None and not self._replaced
        if pristine:
            self._budget.count_pristine()

    def restored(self, paths: Collection[bytes]) -> None:
        """We have replaced what was at these paths."""
        self.is_valid = False
        if self._watch is not None:
            self._replaced.update(paths)
            self._watch.forget_opened(paths)

    def moved(self) -> None:
        """The worktree was brought to another pristine state."""
        self.close()
        # Files that are the same in both states may have been opened.
        self._given_up = self._given_up or self._user is not None

    def close(self) -> None:
        """Give the watches back. A later scan may make new ones."""
        if self._watch is not None:
            self._watch.close()
            self._budget.release(self._taken)
        self._watch, self.is_valid = None, False
        self._replaced.clear()

    def _give_up(self) -> None:
        self.close()
        self._given_up = True

    def _make(self, issued: Collection[bytes]) -> None:
        if self._given_up or not self._budget.take(len(issued), self._user):
            return
        self._taken = len(issued)
        try:
            self._watch = TreeWatch(self._root)
        except OSError:
            self._budget.release(self._taken)
            self._given_up = True
        else:
            self._add(self._watch, issued)

    def _add(self, watch: TreeWatch, lines: Iterable[bytes]) -> None:
        """Watch what these facts describe, then take all events out. What is not there stays in `_replaced`."""
        try:
            for line in sorted(lines, key=path_of):
                path = path_of(line)
                try:
                    watch.add(path, directory=line.startswith(b"d "))
                    self._replaced.discard(path)
                except (FileNotFoundError, NotADirectoryError):
                    self._replaced.add(path)
            watch.is_unchanged()
        except OSError:
            self._give_up()  # the kernel allows no further watch
