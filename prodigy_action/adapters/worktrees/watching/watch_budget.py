"""What all watches of a pool share: how many there may be, whether they can be trusted, and how often they helped."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.worktrees.watching.watch_trial import try_watches
from prodigy_action.model.git import Looks

_LIMITS = Path("/proc/sys/fs/inotify")
_OWN_PART = 2
"""We take at most the half of what a user may have: the commands of items watch files too."""
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
        self._watches = _limit("max_user_watches") if watches is None else watches
        self._queues = _limit("max_user_instances")
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

    def take(self, watches: int, user: Credentials | None, *, spare_queues: int = 0) -> bool:
        """Whether a slot may have a queue with so many watches; then they count until `release`.

        `spare_queues` is how many queues have to be left for others.
        """
        if not self._trusted(user):
            return False
        with self._lock:
            if self._queues <= spare_queues or self._watches < watches:
                return False
            self._queues -= 1
            self._watches -= watches
            return True

    def release(self, watches: int) -> None:
        """End what `take` began."""
        with self._lock:
            self._queues += 1
            self._watches += watches

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


def _limit(name: str) -> int:
    try:
        return int((_LIMITS / name).read_text()) // _OWN_PART
    except (OSError, ValueError):
        return 0  # no kernel with inotify(7)
