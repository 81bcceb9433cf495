"""The watch of one slot: made when it is worth its cost, kept over changes, and given up at the first doubt."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from prodigy_action.adapters.git.calls import inside
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.worktrees.scan import Differences, fact_line, lines_at, path_of
from prodigy_action.adapters.worktrees.watching.tree_watch import Report, TreeWatch
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget

_OPENED_PART = 2
"""A scan is cheaper once more than one in so many files has to be looked at."""
_OPENED_ALWAYS = 100
_FEW = 100
"""Paths that are looked at one by one."""


class SlotWatch:
    """Says whether a worktree is as it was issued, and which few paths are not, and only with "certainly" or "look".

    The order is: add watches, take the events out of the queue, scan. When the scan finds the pristine state, nothing
    has changed but what is reported after that. When it finds changes, and we restore these paths, the state is
    pristine again unless anything else was reported. Nothing here raises: with any doubt the answer is "look".
    """

    def __init__(self, budget: WatchBudget, root: bytes, user: Credentials | None) -> None:
        self._budget = budget
        self._root = root
        self._user = user
        self._watch: TreeWatch | None = None
        self._taken = 0
        self.is_valid = False
        """Whether nothing differs from the pristine state, since every watch was made, but what was reported."""
        self._looked = False
        """Whether the differences that are restored next are all there were when they were found."""
        self._reported: set[Report] = set()
        self._lines: dict[bytes, bytes] = {}
        """The issued facts by path; empty until they are needed."""
        self._scanned = False
        self._given_up = False
        self._replaced: set[bytes] = set()
        """Paths that were restored: what is there now has no watch yet."""

    def is_unchanged(self, issued: set[bytes]) -> bool:
        """Whether the worktree certainly still has the facts `issued`; a small number of system calls."""
        if self._watch is None or not self.is_valid:
            return False
        try:
            self._reported.update(self._watch.reports())
            opened = self._watch.opened
            if len(opened) > _many(issued):
                self._give_up()
                return False
            return (
                not self._reported
                and self._watch.is_there()
                and all(fact_line(self._root, path) in issued for path in opened)
            )
        except FileNotFoundError:
            return False
        except OSError:
            self._give_up()
            return False

    def changes(self, issued: Collection[bytes]) -> Differences | None:
        """What differs from the facts `issued`, after `is_unchanged` said no; None when only a scan can say it."""
        if self._watch is None or not self.is_valid:
            return None
        suspects = {report.whole for report in self._reported} | self._watch.opened
        if len(suspects) > _many(issued) or not self._watch.is_there():
            return None
        self._lines = self._lines or {path_of(line): line for line in issued}
        changed: set[bytes] = set()
        extra: set[bytes] = set()
        for path in suspects:
            line = self._lines.get(path)
            now = _lines_now(self._root, path)
            if now is None or (line is not None and line.startswith(b"d ")):
                return None  # another directory may be in its place, and its files have no watches
            if line is not None and now[:1] == [line]:
                continue
            if line is not None:
                changed.add(path)
            extra.update(path_of(each) for each in now)
        self._looked = True
        return Differences(changed=sorted(changed), extra=sorted(extra - changed))

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
            self._reported.clear()

    def before_scan(self, issued: set[bytes]) -> None:
        """Make the watches that are missing, and take all events out of the queue: a scan is going to see to them."""
        self.is_valid = self._looked = False
        if self._watch is not None:
            lines = [line for line in issued if line.startswith(b"d ") or path_of(line) in self._replaced]
            self._add(self._watch, lines)
        elif self._scanned and self._user is None and self._budget.wanted:
            self._make(issued)
        self._reported.clear()

    def after_scan(self, found: Differences) -> None:
        """What the scan found that `before_scan` prepared."""
        self._scanned = True
        paths = len(found.changed) + len(found.extra)
        self._looked = self._watch is not None
        self.is_valid = self._looked and not paths and not self._replaced
        if paths <= _FEW:
            self._budget.count_small()

    def restored(self, changed: Collection[bytes], extra: Collection[bytes], issued: set[bytes]) -> None:
        """We have replaced what was at the paths `changed`, with new facts in `issued`, and removed the `extra`."""
        looked, self.is_valid, self._looked = self._looked, False, False
        if self._watch is None:
            return
        self._replaced.update(changed)
        self._watch.forget_opened(changed)
        if not looked or len(changed) > _FEW:
            return
        if changed:
            self._lines = {path_of(line): line for line in issued}
        lines = [self._lines[path] for path in changed]
        if any(line.startswith(b"d ") for line in lines):
            return
        self._add(self._watch, lines)
        expected = {*changed, *extra}
        self.is_valid = (
            not self._given_up
            and not self._replaced
            and all(report.whole in expected for report in self._reported)
            and all(_lines_now(self._root, path) == [self._lines[path]] for path in changed)
            and not any(os.path.lexists(inside(self._root, path)) for path in extra)
        )
        self._reported.clear()

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
        self._watch, self.is_valid, self._looked = None, False, False
        self._replaced.clear()
        self._reported.clear()
        self._lines = {}

    def _give_up(self) -> None:
        self.close()
        self._given_up = True

    def _make(self, issued: Collection[bytes]) -> None:
        if self._given_up or not self._budget.take(len(issued), self._user):
            return
        self._taken = len(issued)
        try:
            self._watch = TreeWatch(self._root, watcher=self._budget.watcher())
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
            self._reported = set(watch.reports())
        except OSError:
            self._give_up()  # the kernel allows no further watch


def _many(issued: Collection[bytes]) -> int:
    return max(_OPENED_ALWAYS, len(issued) // _OPENED_PART)


def _lines_now(root: bytes, path: bytes) -> list[bytes] | None:
    """The facts of a path and of all below it, none when it is absent; None when they cannot be read."""
    try:
        return list(lines_at(root, path))
    except FileNotFoundError:
        return None if os.path.lexists(inside(root, path)) else []
    except OSError:
        return None
