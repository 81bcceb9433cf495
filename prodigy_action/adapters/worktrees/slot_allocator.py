"""The free slots of a pool: pristine ones are used first, and a few new ones are made at a time."""

from __future__ import annotations

import os
import secrets
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import anyio

from prodigy_action.adapters.files.placement import Placement
from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.worktrees.slot import WorktreeSlot
from prodigy_action.adapters.worktrees.slot_template import SlotTemplate
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget
from prodigy_action.errors import GitFailed, WorktreeUnusable

_SHORTEST_WAIT_SECONDS = 0.005


class SlotAllocator:
    """At most `size` slots. A caller that waits for a new slot takes a released one if that is available earlier.

    A further slot is made when the waiting since the last one, summed over all waiting callers, has taken as long as
    making one does. So a pool grows as far as its work is worth it: short commands need few worktrees of a large
    repository. The caller ensures that at most `size` are requested at once.
    """

    def __init__(self, size: int, budget: WatchBudget, placement: Placement) -> None:
        """Raises `ValueError` for a size below 1."""
        if size < 1:
            raise ValueError(f"a pool of {size!r} worktrees serves nobody, use at least 1")
        self._budget = budget
        self._placement = placement
        self._ready: deque[WorktreeSlot] = deque()
        # Some file systems place a directory by its name: other names than those of an earlier run.
        token = secrets.token_hex(4)
        self._unmade = [f"{token}-slot-{number}" for number in reversed(range(size))]
        self._makers = max(2, os.cpu_count() or 1)
        self._making = 0
        self._made = 0
        self._making_seconds = 0.0
        self._made_at = 0.0
        self._waited_seconds = 0.0
        # A limiter of its own: agents that have ended must not wait for the worktrees of agents that have not started.
        self._limiter = anyio.CapacityLimiter(self._makers)
        self._waiting: deque[anyio.Event] = deque()

    async def take(self, template: SlotTemplate) -> WorktreeSlot:
        """A pristine slot at the template's base. Raises `WorktreeUnusable` when none can be made."""
        while True:
            if self._ready:
                slot = self._next_ready()
                if slot.fits(template) or await self._moved(slot, template):
                    return slot
                self.drop(slot)
            elif self._unmade and self._making < self._makers and self._is_worth_making():
                return await self._make(template)
            else:
                await self._turn()

    def put_back(self, slot: WorktreeSlot) -> None:
        """Make a pristine slot available again."""
        self._ready.append(slot)
        self._call_next()

    def drop(self, slot: WorktreeSlot) -> None:
        """Allow a new slot in place of one that was destroyed."""
        self._unmade.append(Path(slot.path).name)
        self._call_next()

    def _next_ready(self) -> WorktreeSlot:
        """A watched one if there is one: of a large repository, the kernel may not watch all."""
        watched = next((number for number, slot in enumerate(self._ready) if slot.is_watched), 0)
        slot = self._ready[watched]
        del self._ready[watched]
        return slot

    async def _make(self, template: SlotTemplate) -> WorktreeSlot:
        slot = WorktreeSlot(template, self._unmade.pop(), self._budget, self._placement)
        self._making += 1
        started = time.monotonic()
        try:
            with anyio.CancelScope(shield=True):
                await in_thread(slot.create, limiter=self._limiter)
            self._made += 1
            self._made_at = time.monotonic()
            self._making_seconds = self._made_at - started
            self._waited_seconds = 0.0
        except (GitFailed, OSError) as error:
            self._unmade.append(Path(slot.path).name)
            raise WorktreeUnusable(f"no worktree could be made: {error}") from error
        except BaseException:
            self._unmade.append(Path(slot.path).name)
            raise
        finally:
            self._making -= 1
            self._call_next()
        return slot

    async def _moved(self, slot: WorktreeSlot, template: SlotTemplate) -> bool:
        with anyio.CancelScope(shield=True):
            return await in_thread(_move, slot, template, limiter=self._limiter)
        raise AssertionError("a shielded scope swallows nothing")

    def _is_worth_making(self) -> bool:
        return self._made + self._making < self._makers or self._waited_seconds >= self._making_seconds

    async def _turn(self) -> None:
        """Wait until a slot is offered, or until it may be worth making one."""
        turn = anyio.Event()
        self._waiting.append(turn)
        started = time.monotonic()
        patience = max(self._making_seconds / len(self._waiting), _SHORTEST_WAIT_SECONDS)
        try:
            with anyio.move_on_after(patience if self._unmade else None):
                await turn.wait()
        except BaseException:
            if turn.is_set():
                self._call_next()
            raise
        finally:
            self._waited_seconds += time.monotonic() - max(started, self._made_at)
            if not turn.is_set():
                self._waiting.remove(turn)

    def _call_next(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()


def _move(slot: WorktreeSlot, template: SlotTemplate) -> bool:
    try:
        slot.move_to(template)
    except (GitFailed, OSError):
        with suppress(OSError):
            slot.destroy()
        return False
    return True
