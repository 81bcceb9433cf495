"""Turns of the elements of a parallel `foreach`, which share one worktree."""

from __future__ import annotations

from dataclasses import field

import anyio

from prodigy_action.dataclass import dataclass


@dataclass(slots=True)
class Turn:
    """The turn of one element: taken before its first step that uses git's index, and kept until the element ends.

    A loop inside an element takes the turn of that element too (`outer`).
    """

    places: anyio.Semaphore
    outer: Turn | None = None
    _held: bool = False
    _taking: anyio.Lock = field(default_factory=anyio.Lock)

    async def take(self) -> None:
        """Wait for the turn, unless it is taken already. Steps of the element may call this side by side."""
        if self.outer is not None:
            await self.outer.take()
        async with self._taking:
            if not self._held:
                await self.places.acquire()
                self._held = True

    def end(self) -> None:
        """Let another element have its turn."""
        if self._held:
            self._held = False
            self.places.release()
