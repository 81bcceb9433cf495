"""Items with the same problem as one group: a reader reads a thousand equal failures once."""

from __future__ import annotations

from collections.abc import Iterable

from prodigy_action.dataclass import dataclass
from prodigy_action.model.item_parts import ItemState
from prodigy_action.model.item_view import ItemView
from prodigy_action.report.item_text import last_words, problem_of

FAILED_STATES: tuple[ItemState, ...] = ("failed", "timed_out", "conflicted")
LEFT_STATES: tuple[ItemState, ...] = ("cancelled", "not_run", "skipped")


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """Items with the same state and problem, in item order; `example` is the last line that one of them printed."""

    state: ItemState
    problem: str
    items: tuple[ItemView, ...]
    example: str


def failed_items(items: Iterable[ItemView]) -> list[ItemView]:
    """The items that count as failed, in item order."""
    return [item for item in items if item.state in FAILED_STATES]


def group_items(items: Iterable[ItemView], states: Iterable[ItemState] = FAILED_STATES) -> list[ItemGroup]:
    """The items in these states by state and problem: the largest group first, then in item order."""
    wanted = frozenset(states)
    found: dict[tuple[ItemState, str], list[ItemView]] = {}
    for item in items:
        if item.state in wanted:
            found.setdefault((item.state, problem_of(item)), []).append(item)
    groups = [
        ItemGroup(state, problem, tuple(members), next(filter(None, map(last_words, members[:20])), ""))
        for (state, problem), members in found.items()
    ]
    return sorted(groups, key=lambda group: -len(group.items))
