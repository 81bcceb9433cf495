"""Which setting leaves a map without items."""

from __future__ import annotations

import pytest

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase, Step
from prodigy_action.pure.items.map_input import ReadItems
from prodigy_action.pure.items.nothing_selected import why_nothing
from prodigy_action.pure.steps.map_settings import map_config
from prodigy_action.pure.work_planning import select_work

ITEMS: list[JsonValue] = [{"n": 1}, {"n": 2}]


def field_of(items: list[JsonValue], **settings: object) -> str | None:
    phase = MapPhase.model_validate({"input": "items.json", "agent_template": (Step(shell="true"),), **settings})
    config = map_config(phase, {})
    reason = why_nothing(phase, config, ReadItems(items, "the file items.json"), select_work(items, config))
    return None if reason is None else reason.field


@pytest.mark.parametrize(
    ("items", "settings", "field"),
    (
        (ITEMS, {}, None),
        (ITEMS, {"filter": "n > 1"}, None),
        ([], {}, "input"),
        ([], {"json_path": "$.itmes[*]"}, "json_path"),
        (ITEMS, {"filter": "n > 2"}, "filter"),
        (ITEMS, {"max_items": 0}, "max_items"),
        (ITEMS, {"offset": 2}, "offset"),
        (ITEMS, {"filter": "n > 1", "offset": 1}, "offset"),
    ),
)
def test_the_setting_that_removes_the_last_item_is_the_reason(
    items: list[JsonValue], settings: dict[str, object], field: str | None
) -> None:
    assert field_of(items, **settings) == field
