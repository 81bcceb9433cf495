"""What several reports say of all items of a run together: each part is found once, when the first report needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property

from prodigy_action.dataclass import dataclass
from prodigy_action.model.item_view import ItemView
from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.slot_timeline import Span, slot_rows
from prodigy_action.report.failure_groups import FAILED_STATES, LEFT_STATES, ItemGroup, group_items
from prodigy_action.report.item_text import NAME_LENGTH, name_of

LANDED_MOST = 300
"""How many items that landed the summary lists at most."""


@dataclass(slots=True)
class Survey:
    """The items by what became of them, in item order. Of those that did well no more is kept than reports list."""

    failed: list[ItemView] = field(default_factory=list)
    left: list[ItemView] = field(default_factory=list)
    """Those in `LEFT_STATES`."""
    landed: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    """How they landed."""
    first_landed: list[ItemView] = field(default_factory=list)
    executed: int = 0
    """How many items were executed at least once."""
    uncommitted: list[int] = field(default_factory=list)
    """The ids of those that left changes without a commit."""
    counterparts: set[int] = field(default_factory=set)
    """The ids of those that others conflict with, or did before they were executed again."""


class Overview:
    """All items of a run together. The items must not change while it is in use."""

    def __init__(self, result: RunResult) -> None:
        self.items: Sequence[ItemView] = result.items
        self._started_at = result.started_at

    @cached_property
    def survey(self) -> Survey:
        """What one look at every item finds."""
        found = Survey()
        for item in self.items:
            state = item.state
            if state in FAILED_STATES:
                found.failed.append(item)
            elif state in LEFT_STATES:
                found.left.append(item)
            elif state == "succeeded":
                found.landed += 1
                found.ways[item.landed_by or ""] += 1
                if found.landed <= LANDED_MOST:
                    found.first_landed.append(item)
            if item.executions:
                found.executed += 1
            if item.uncommitted:
                found.uncommitted.append(item.id)
            if (conflict := item.conflict) is not None:
                found.counterparts.update(conflict.with_items)
        return found

    @cached_property
    def groups(self) -> list[ItemGroup]:
        """The failed items by problem."""
        return group_items(self.survey.failed)

    @cached_property
    def left_groups(self) -> list[ItemGroup]:
        """The items that did not run to their end, by reason."""
        return group_items(self.survey.left, LEFT_STATES)

    @cached_property
    def counterparts(self) -> Mapping[int, str]:
        """Id → name of the items that others conflict with."""
        ids = self.survey.counterparts
        return {item.id: name_of(item, NAME_LENGTH) for item in self.items if item.id in ids} if ids else {}

    @cached_property
    def names(self) -> list[str]:
        """What each item is called, in item order."""
        return list(map(name_of, self.items))

    @property
    def failed_first(self) -> Iterator[tuple[ItemView, str]]:
        """Every item with its name, failed ones before all others."""
        failed = self.survey.failed
        yield from ((item, name_of(item)) for item in failed)
        yield from ((item, name) for item, name in zip(self.items, self.names, strict=True) if not _failed(item))

    @cached_property
    def rows(self) -> Mapping[int, Sequence[Span]]:
        """Slot → its executions in this attempt at the run."""
        return slot_rows(self.items, self._started_at)


def _failed(item: ItemView) -> bool:
    return item.state in FAILED_STATES
