"""The plan of the map phase: filter, sort, distinct, page, assign."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.errors import InvalidInput
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.json_value import JsonValue, NumberText, canonical_json
from prodigy_action.pure.expressions.filters import Filter
from prodigy_action.pure.expressions.sorting import SortOrder
from prodigy_action.pure.item_keys import DIGEST_LENGTH, item_keys
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.work_planning import (
    MapConfig,
    apply_distinct,
    apply_filters,
    apply_limits,
    plan_work_assignments,
    select_work,
)
from tests.support.strategies import expressions, field_paths, items, sort_orders

ITEMS = st.lists(items, max_size=8)


def item_key(item: JsonValue, path: FieldPath | None = None) -> str:
    (key,) = item_keys([item], path)
    return key


def _field(item: JsonValue, name: str) -> object:
    return FieldPath((name,)).lookup(item)


def test_plan_work_assignments_applies_filters() -> None:
    items: list[JsonValue] = [{"type": "a", "value": 1}, {"type": "b", "value": 2}, {"type": "a", "value": 3}]
    config = MapConfig(filter=Filter.eq("type", "a"), offset=0, max_items=None)

    assignments = plan_work_assignments(items, config)

    assert len(assignments) == 2
    assert _field(assignments[0].item, "value") == 1
    assert _field(assignments[1].item, "value") == 3


def test_plan_work_assignments_applies_offset_and_limit() -> None:
    config = MapConfig(filter=None, offset=1, max_items=2)

    assignments = plan_work_assignments([1, 2, 3, 4, 5], config)

    assert len(assignments) == 2
    assert assignments[0].item == 2
    assert assignments[1].item == 3


def test_assignments_are_numbered_after_planning() -> None:
    config = MapConfig(sort_by=SortOrder.parse("item DESC"), offset=1, key=FieldPath(("item",)))
    assert plan_work_assignments([1, 3, 2], config) == [
        WorkAssignment(0, 2, "agent-0", "2"),
        WorkAssignment(1, 1, "agent-1", "1"),
    ]


def test_the_steps_follow_one_another_in_the_documented_order() -> None:
    rows: list[JsonValue] = [{"k": k, "n": n} for k, n in (("a", 1), ("b", 2), ("a", 3), ("c", 0), ("b", 5), ("d", 4))]
    config = MapConfig(
        filter=Filter.parse("n > 0"),
        sort_by=SortOrder.parse("n DESC"),
        distinct=FieldPath(("k",)),
        offset=1,
        max_items=2,
    )
    selection = select_work(rows, config)
    assert [assignment.item for assignment in selection.assignments] == [{"k": "d", "n": 4}, {"k": "a", "n": 3}]
    assert (selection.total, selection.selected_out) == (6, 4)


def test_distinct_distinguishes_values_by_kind_and_text() -> None:
    values: list[JsonValue] = [
        1,
        NumberText("1.0"),
        "1",
        True,
        NumberText("1.00"),
        1,
        "1",
        [1],
        [True],
        {"a": 1, "b": 2},
    ]
    rows: list[JsonValue] = [{"x": value} for value in values]
    assert apply_distinct([*rows, {"x": {"b": 2, "a": 1}}], FieldPath(("x",))) == [*rows[:5], *rows[7:]]


def test_missing_and_null_are_one_value_for_distinct() -> None:
    assert apply_distinct([{"y": 1}, {"x": None}, {"x": "null"}], FieldPath(("x",))) == [{"y": 1}, {"x": "null"}]


@pytest.mark.parametrize(
    ("value", "key"),
    (
        ("text", "text"),
        (5, "5"),
        (NumberText("1.50"), "1.50"),
        (True, "true"),
        ([1, "a"], '[1,"a"]'),
        ({"b": 1, "a": 2}, '{"a":2,"b":1}'),
    ),
)
def test_the_key_is_the_text_of_the_key_field(value: JsonValue, key: str) -> None:
    assert item_key({"x": value}, FieldPath(("x",))) == key


def test_without_a_key_value_the_key_is_a_digest_of_the_canonical_item() -> None:
    item: JsonValue = {"b": NumberText("1.50"), "a": "é"}
    digest = hashlib.sha256('{"a":"é","b":1.50}'.encode()).hexdigest()[:DIGEST_LENGTH]
    assert item_key(item) == digest
    assert item_key(item, FieldPath(("x",))) == digest
    assert item_key({"a": "é", "b": NumberText("1.50")}) == digest
    assert item_key({"a": "é", "b": NumberText("1.5")}) != digest


@pytest.mark.parametrize(
    ("items", "keys"),
    (
        (["a", "b", 7, NumberText("1.50")], ["a", "b", "7", "1.50"]),
        ([{"item": "src/a.py"}, {"item": "src/é.py"}], ["src/a.py", "src/é.py"]),
        ([{"id": 1, "name": "x"}, {"id": 2, "name": "x"}], ["1", "2"]),
        ([{"id": 1, "name": "x"}, {"id": 1, "name": "y"}], ["x", "y"]),
        ([{"path": "a", "name": ""}, {"path": "b", "name": "n"}], ["a", "b"]),
        (["line", {"name": "x"}], ["line", "x"]),
    ),
)
def test_an_item_is_its_own_key_when_it_has_a_name(items: list[JsonValue], keys: list[str]) -> None:
    assert item_keys(items, None) == keys


@pytest.mark.parametrize(
    "items",
    (
        [{"name": "x"}, {"name": "x", "n": 1}],
        [{"name": "x"}, {"path": "x"}],
        ["x" * 201, "two\nlines", " ", True, None, [1]],
        [{"item": ["a"]}, {"item": {"a": 1}}],
    ),
)
def test_an_item_without_a_name_of_its_own_has_a_digest(items: list[JsonValue]) -> None:
    keys = item_keys(items, None)
    assert [len(key) for key in keys] == [DIGEST_LENGTH] * len(items)
    assert len(set(keys)) == len(items)


def test_key_wins_over_distinct_as_identity() -> None:
    config = MapConfig(distinct=FieldPath(("d",)), key=FieldPath(("k",)))
    assert [assignment.key for assignment in plan_work_assignments([{"d": "x", "k": "y"}], config)] == ["y"]
    assert [a.key for a in plan_work_assignments([{"d": "x"}], MapConfig(distinct=FieldPath(("d",))))] == ["x"]


def test_text_that_is_no_unicode_has_a_key() -> None:
    assert len(item_key({"a": "\udc80"})) == DIGEST_LENGTH


@pytest.mark.parametrize("limits", ({"offset": -1}, {"max_items": -1}))
def test_negative_limits_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        MapConfig(offset=limits.get("offset", 0), max_items=limits.get("max_items"))


def test_an_item_that_is_nested_too_deeply_is_refused() -> None:
    item: JsonValue = 1
    for _ in range(100_000):
        item = [item]
    with pytest.raises(InvalidInput, match="nested too deeply"):
        plan_work_assignments([item], MapConfig())


@given(ITEMS, st.integers(0, 9), st.none() | st.integers(0, 9))
def test_paging_is_slicing(values: list[JsonValue], offset: int, limit: int | None) -> None:
    stop = None if limit is None else offset + limit
    assert apply_limits(values, offset, limit) == values[offset:stop]


@given(ITEMS, expressions, st.integers(0, 3), st.none() | st.integers(0, 5))
def test_without_sorting_the_plan_keeps_relative_order_and_invents_nothing(
    values: list[JsonValue], expression: object, offset: int, limit: int | None
) -> None:
    filter = Filter(expression)  # type: ignore[arg-type]  # every expression is one
    boxed: list[JsonValue] = [[number, value] for number, value in enumerate(values)]
    config = MapConfig(filter=None, offset=offset, max_items=limit)
    planned = [assignment.item for assignment in plan_work_assignments(boxed, config)]
    positions = [next(number for number, box in enumerate(boxed) if box is item) for item in planned]
    assert positions == sorted(set(positions))
    kept = apply_filters(values, filter)
    assert [id(item) for item in kept] == [id(item) for item in values if filter.matches(item)]


@given(ITEMS, sort_orders, st.none() | field_paths)
def test_a_plan_is_numbered_from_zero_and_keyed_by_its_items(
    values: list[JsonValue], order: SortOrder, key: FieldPath | None
) -> None:
    assignments = plan_work_assignments(values, MapConfig(sort_by=order, key=key))
    assert [assignment.id for assignment in assignments] == list(range(len(values)))
    assert [assignment.worktree_name for assignment in assignments] == [f"agent-{id}" for id in range(len(values))]
    assert [assignment.key for assignment in assignments] == item_keys([a.item for a in assignments], key)
    assert sorted(map(id, (assignment.item for assignment in assignments))) == sorted(map(id, values))


@given(ITEMS, field_paths)
def test_distinct_keeps_the_first_item_of_each_value(values: list[JsonValue], path: FieldPath) -> None:
    seen: set[str] = set()
    expected: list[int] = []
    for value in values:
        found = canonical_json(path.getter(None)(value))
        if found not in seen:
            seen.add(found)
            expected.append(id(value))
    assert [id(value) for value in apply_distinct(values, path)] == expected
