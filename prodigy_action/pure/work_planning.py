"""The plan of the map phase: which items, in which order, under which names."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.assignment import Selection, WorkAssignment
from prodigy_action.model.json_value import JsonValue, canonical_json, number_text
from prodigy_action.pure.expressions.filters import Filter
from prodigy_action.pure.expressions.sorting import SortOrder
from prodigy_action.pure.item_keys import item_keys
from prodigy_action.pure.json_values.field_path import FieldPath

EXCLUDED: Final = "excluded by only"
"""Why an item is not run that `only` does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapConfig:
    """The fields of the workflow's `map` that select items. `offset` and `max_items` are not negative."""

    filter: Filter | None = None
    sort_by: SortOrder | None = None
    distinct: FieldPath | None = None
    offset: int = 0
    max_items: int | None = None
    key: FieldPath | None = None

    def __post_init__(self) -> None:
        if self.offset < 0 or (self.max_items is not None and self.max_items < 0):
            raise ValueError(f"offset {self.offset!r} and max_items {self.max_items!r} must not be negative")


def plan_work_assignments(items: Sequence[JsonValue], config: MapConfig) -> list[WorkAssignment]:
    """Filter, sort, deduplicate, page and number the items, in this order.

    Ids are positions 0, 1, … in the result, worktrees are named `agent-<id>`. Keys are those of `item_keys`
    at the `key` field, else at the `distinct` field.
    Raises `ExpressionError` when a regular expression of the filter takes too long, `InvalidInput` for an item that is
    nested too deeply.
    """
    try:
        filtered = apply_filters(items, config.filter)
        ordered = config.sort_by.sort(filtered) if config.sort_by else filtered
        distinct = apply_distinct(ordered, config.distinct)
        limited = apply_limits(distinct, config.offset, config.max_items)
        identity = config.key or config.distinct
        keys = item_keys(limited, identity)
        pairs = zip(limited, keys, strict=True)
        return [WorkAssignment(id, item, f"agent-{id}", key) for id, (item, key) in enumerate(pairs)]
    except RecursionError as error:
        raise InvalidInput([Diagnostic("an item is nested too deeply to be planned", source="items")]) from error


def select_work(items: Sequence[JsonValue], config: MapConfig) -> Selection:
    """`plan_work_assignments`, with the number of items before the selection."""
    return Selection(tuple(plan_work_assignments(items, config)), len(items))


def apply_filters(items: Sequence[JsonValue], filter: Filter | None) -> list[JsonValue]:
    """The items that match the filter, in their order."""
    return list(items) if filter is None else [item for item in items if filter.matches(item)]


def apply_distinct(items: Sequence[JsonValue], path: FieldPath | None) -> list[JsonValue]:
    """The first item of each value at `path`; missing and null are one value, `1`, `1.0` and `"1"` are three."""
    if path is None:
        return list(items)
    get = path.getter(None)
    first: dict[Hashable, JsonValue] = {}
    for item in items:
        first.setdefault(_identity(get(item)), item)
    return list(first.values())


def apply_limits(items: Sequence[JsonValue], offset: int, max_items: int | None) -> list[JsonValue]:
    """The page of at most `max_items` items after the first `offset`."""
    return list(items[offset:] if max_items is None else items[offset : offset + max_items])


def _identity(value: JsonValue) -> Hashable:
    if value is None or isinstance(value, str):
        return value
    if type(value) is int:
        return value
    return (number_text(value) if isinstance(value, float) else canonical_json(value),)
