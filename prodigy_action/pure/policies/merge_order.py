"""Which items may land now: in item order, whatever the order in which they finish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

S = TypeVar("S")


class MergeOrder(Generic[S]):
    """A queue in plan order: an item leaves it when every item before it has been decided.

    `S` is what an item hands in. An item that has nothing to land is settled with None, so that those behind it go on.
    """

    def __init__(self, item_ids: Iterable[int]) -> None:
        self._order = tuple(item_ids)
        self._known = frozenset(self._order)
        self._settled: dict[int, S | None] = {}
        self._next = 0

    def settle(self, item_id: int, submission: S | None) -> None:
        """Decide one item. Raises `ValueError` for an item that is not planned or is decided already."""
        if item_id not in self._known:
            raise ValueError(f"item {item_id!r} is not part of this plan")
        if item_id in self._settled:
            raise ValueError(f"item {item_id!r} was settled before")
        self._settled[item_id] = submission

    def take_next(self) -> tuple[int, S] | None:
        """The next item that may land, or None while an earlier one is undecided or all are done."""
        while self._next < len(self._order) and self._order[self._next] in self._settled:
            item_id = self._order[self._next]
            self._next += 1
            submission = self._settled[item_id]
            if submission is not None:
                return item_id, submission
        return None

    def undecided(self) -> tuple[int, ...]:
        """The items that nobody settled, in plan order."""
        return tuple(item_id for item_id in self._order if item_id not in self._settled)
