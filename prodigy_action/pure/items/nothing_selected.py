"""Why a map has no items to run, for a warning at the setting that is the reason."""

from __future__ import annotations

from typing import Literal

from prodigy_action.dataclass import dataclass
from prodigy_action.model.assignment import Selection
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.items.map_input import ReadItems
from prodigy_action.pure.work_planning import MapConfig, apply_filters


@dataclass(frozen=True, slots=True)
class SelectionWarning:
    """No item is left to run because of this field of `map`, or a part of the input `only` is questionable."""

    field: Literal["input", "items", "json_path", "filter", "offset", "max_items", "only"]
    message: str
    hint: str
    code: str = "no-items"


def why_nothing(phase: MapPhase, config: MapConfig, read: ReadItems, selection: Selection) -> SelectionWarning | None:
    """The reason why none of the items that were read is selected; None when some are."""
    items = read.items
    if selection.assignments:
        return None
    if not items:
        return _not_read(phase, read.source)
    if phase.filter is not None and not apply_filters(items, config.filter):
        hint = "compare the fields with those of an item; `plan` shows the items when the filter is left out"
        return SelectionWarning("filter", f"the filter matches none of the {len(items)} items", hint)
    if config.max_items == 0:
        return SelectionWarning("max_items", "max_items is 0: no item is run", "write how many items to run at most")
    message = f"the offset {config.offset} leaves no item"
    return SelectionWarning("offset", message, "write an offset smaller than the number of items")


def _not_read(phase: MapPhase, source: str) -> SelectionWarning:
    if phase.json_path is not None:
        hint = "$.items[*] selects the elements of `items`, [*] those of an array"
        message = f"the JSONPath {phase.json_path!r} selects nothing: there are no items"
        return SelectionWarning("json_path", message, hint)
    if phase.items is not None:
        return SelectionWarning("items", "the list of items is empty", "write at least one item")
    hint = (
        "check what it holds, matches or prints; `on_empty: ok` says that no items are fine, `fail` that they are not"
    )
    return SelectionWarning("input", f"{source} gives no items", hint)
