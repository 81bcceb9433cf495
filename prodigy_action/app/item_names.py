"""What people call the items of a plan."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from prodigy_action.model.events import PlannedItem
from prodigy_action.report.item_text import planned_name

_RECENT_MOST = 256


class ItemNames(Mapping[int, str]):
    """Item id → name, made when it is asked for: a plan may have many items, and the log names few of them."""

    def __init__(self, items: Sequence[PlannedItem] = ()) -> None:
        """`items` are in the order of their ids."""
        self._items = items
        self._recent: dict[int, str] = {}
        """Names of running items, which several events have."""

    def __getitem__(self, item_id: int) -> str:
        if (name := self._recent.get(item_id)) is None:
            if len(self._recent) >= _RECENT_MOST:
                self._recent.clear()
            name = self._recent[item_id] = self._made(item_id)
        return name

    def _made(self, item_id: int) -> str:
        place = bisect_left(self._items, item_id, key=lambda item: item.id)
        if place == len(self._items) or self._items[place].id != item_id:
            raise KeyError(item_id)
        return planned_name(self._items[place].key, self._items[place].item)

    def __iter__(self) -> Iterator[int]:
        return (item.id for item in self._items)

    def __len__(self) -> int:
        return len(self._items)
