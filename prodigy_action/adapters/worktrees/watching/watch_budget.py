"""What all watches of a pool share: how many there may be, whether they can be trusted, and how often they helped."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Lock

from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.worktrees.watching.inotify import Inotify, Watcher
from prodigy_action.adapters.worktrees.watching.watch_trial import try_watches
from prodigy_action.model.git import Looks

_LIMITS = Path("/proc/sys/fs/inotify")
_OWN_PART = 2
_LEFT_WATCHES, _LEFT_QUEUES = 32_768, 32
"""The commands of items watch files too: so much of what a user may have is left to them, or the half if that is less.
"""
_SHARED_BY = 16
"""So many small watches share one queue."""
_SMALL_PART = 8
"""One in so many queues is for small watches."""
_WORTH = 4
"""So many items must leave their worktrees almost as they were before watches pay: the trial costs as many scans."""


class WatchBudget:
    """The watches that the slots of a pool, whose files are below `place`, may have. Safe in several threads."""

    def __init__(self, place: str, watches: int | None = None) -> None:
        """With `watches`, these are all that there may be, whatever the kernel allows; 0 turns them off."""
        self.scans = 0
        self.without_scan = 0
        self._doubt = ""
        self._place = place
        self._watches = _limit("max_user_watches", _LEFT_WATCHES) if watches is None else watches
        self._most_queues = _limit("max_user_instances", _LEFT_QUEUES)
        self._queues: list[Inotify] = []
        self._small_queues: list[Inotify] = []
        self._lock = Lock()
        self._trial = Lock()
        self._tried = False
        self._small = 0

    @property
    def looks(self) -> Looks:
        """How often the worktrees were searched for changes, so far."""
        return Looks(self.scans, self.without_scan, self._doubt)

    @property
    def wanted(self) -> bool:
        """Whether watches are worth their cost: a few items have changed little or nothing."""
        return self._small >= _WORTH

    def count_small(self) -> None:
        """Record that a scan found nothing, or little."""
        self._small += 1

    def take(self, watches: int, user: Credentials | None) -> bool:
        """Whether a slot may have so many watches; then they count until `release`."""
        if not self._trusted(user):
            return False
        with self._lock:
            if not self._most_queues or self._watches < watches:
                return False
            self._watches -= watches
            return True

    def release(self, watches: int) -> None:
        """End what `take` began."""
        with self._lock:
            self._watches += watches

    def watcher(self, *, small: bool = False) -> Watcher:
        """A share of a queue of events: one that nobody uses, or that the fewest use. Few events come for `small` ones.

        Raises `OSError` when the kernel allows none.
        """
        with self._lock:
            queues = self._small_queues if small else self._queues
            queues[:] = [queue for queue in queues if queue.shared_by]
            most_small = max(1, self._most_queues // _SMALL_PART)
            most = most_small if small else max(1, self._most_queues - most_small)
            fewest = min(queues, key=lambda queue: queue.shared_by, default=None)
            if fewest is not None and (len(queues) >= most or (small and fewest.shared_by < _SHARED_BY)):
                with suppress(OSError):  # its last watcher has just left
                    return fewest.watcher()
            try:
                queues.append(made := Inotify())
            except OSError:  # others of this user have them all
                if fewest is None:
                    raise
                return fewest.watcher()
            return made.watcher()

    def _trusted(self, user: Credentials | None) -> bool:
        if not self._tried and self._watches > 0:
            # While one slot waits for the trial, the others go on without watches.
            if not self._trial.acquire(blocking=user is not None):
                return False
            try:
                if not self._tried:
                    self._doubt = try_watches(self._place, user)
                    self._tried = True
            finally:
                self._trial.release()
        return not self._doubt


def _limit(name: str, left: int) -> int:
    try:
        most = int((_LIMITS / name).read_text())
        return max(most // _OWN_PART, most - left)
    except (OSError, ValueError):
        return 0  # no kernel with inotify(7)
