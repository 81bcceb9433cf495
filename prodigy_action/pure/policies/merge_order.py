"""Which items may land now: items land in item order, whatever the order in which they finish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

S = TypeVar("S")


class MergeOrder(Generic[S]):
    """A queue in plan order: an item leaves it when every item before it has been resolved.

    `S` is the submission of an item. An item without anything to land is resolved with None, so that later items may
    land.
    """

    def __init__(self, item_ids: Iterable[int]) -> None:
        self._order = tuple(item_ids)
        self._known = frozenset(self._order)
        self._resolved: dict[int, S | None] = {}
        self._next = 0

    def resolve(self, item_id: int, submission: S | None) -> None:
        """Resolve one item. Raises `ValueError` for an item that is not planned or is already resolved."""
        if item_id not in self._known:
            raise ValueError(f"item {item_id!r} is not part of this plan")
        if item_id in self._resolved:
            raise ValueError(f"item {item_id!r} is already resolved")
        self._resolved[item_id] = submission

    def take_next(self) -> tuple[int, S] | None:
        """The next item that may land, or None when an earlier one is unresolved or none is left."""
        while self._next < len(self._order) and self._order[self._next] in self._resolved:
            item_id = self._order[self._next]
            self._next += 1
            submission = self._resolved[item_id]
            if submission is not None:
                self._resolved[item_id] = None  # it lands once, and the queue lives to the end of the map
                return item_id, submission
        return None

    def undecided(self) -> tuple[int, ...]:
        """The items that are not resolved, in plan order."""
        return tuple(item_id for item_id in self._order if item_id not in self._resolved)
