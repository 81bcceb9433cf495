"""Sort orders: total, stable, by several keys."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, NumberText
from prodigy_action.pure.expressions.sorting import SortKey, SortOrder
from prodigy_action.pure.json_values.comparison import json_equal, order_key
from prodigy_action.pure.json_values.field_path import FieldPath
from tests.support.strategies import items, json_values, sort_orders


def _values(text: str, *values: JsonValue) -> list[JsonValue]:
    ordered = SortOrder.parse(text).sort([{"x": value} for value in values])
    return [FieldPath.parse("x").getter(None)(item) for item in ordered]


def test_numbers_go_by_value_and_text_by_code_point() -> None:
    assert _values("x", 10, NumberText("2.5"), 9) == [NumberText("2.5"), 9, 10]
    assert _values("x", "b", "B", "é", "a", "10", "9") == ["10", "9", "B", "a", "b", "é"]


def test_across_kinds_bool_number_text_array_object() -> None:
    mixed: list[JsonValue] = [{"a": 1}, [1], "a", 5, True, False, [], {}, None]
    assert _values("x", *mixed) == [False, True, 5, "a", [], [1], {}, {"a": 1}, None]
    assert _values("x DESC", *mixed) == [{"a": 1}, {}, [1], [], "a", 5, True, False, None]


def test_arrays_and_objects_go_by_size_then_content() -> None:
    assert _values("x", [2], [1, 1], [1], [None]) == [[None], [1], [2], [1, 1]]
    assert _values("x", {"b": 1}, {"a": 2}, {"a": 1}) == [{"a": 1}, {"a": 2}, {"b": 1}]


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("x", [1, 2, None]),
        ("x DESC", [2, 1, None]),
        ("x NULLS FIRST", [None, 1, 2]),
        ("x desc nulls first", [None, 2, 1]),
        ("x ascending NULLS last", [1, 2, None]),
        ("x Descending", [2, 1, None]),
    ),
)
def test_nulls_go_last_in_both_directions_by_default(text: str, expected: list[JsonValue]) -> None:
    assert _values(text, 2, None, 1) == expected


def test_missing_is_null() -> None:
    assert SortOrder.parse("x").sort([{"y": 1}, {"x": None}, {"x": 1}]) == [{"x": 1}, {"y": 1}, {"x": None}]


def test_later_keys_decide_among_equals_and_equal_items_keep_their_order() -> None:
    rows: list[JsonValue] = [
        {"a": 1, "b": 1, "n": 0},
        {"a": 2, "b": 1, "n": 1},
        {"a": 2, "b": 2, "n": 2},
        {"a": 2, "b": 1, "n": 3},
    ]
    ordered = SortOrder.parse("a DESC, b").sort(rows)
    assert [FieldPath.parse("n").lookup(row) for row in ordered] == [1, 3, 2, 0]


def test_the_whole_grammar_is_read() -> None:
    assert SortOrder.parse("item.a.b[0] DESC ,$.c,['x, y'] asc nulls first").keys == (
        SortKey(FieldPath(("a", "b", 0)), descending=True),
        SortKey(FieldPath(("c",))),
        SortKey(FieldPath(("x, y",)), nulls_first=True),
    )


@pytest.mark.parametrize(
    ("text", "message", "start", "end", "hint"),
    (
        ("a DECS", "unexpected 'DECS' after the sort field 'a'", 2, 6, "did you mean `DESC`?"),
        ("a DESC b", "unexpected 'b' after the sort field 'a'", 7, 8, None),
        ("a, , b", "a sort field is missing", 2, 3, "write field DESC, other"),
        ("a,", "a sort field is missing", 2, 3, "write field DESC, other"),
        ("", "a sort field is missing", 0, 1, "write field DESC, other"),
        ("a NULLS", "NULLS is followed by FIRST or LAST", 2, 7, "write NULLS LAST"),
        ("a NULLS FRIST", "NULLS is followed by FIRST or LAST", 8, 13, "write NULLS LAST"),
        (
            "a, b..c DESC",
            "unexpected '.' in the field path 'b..c'",
            5,
            6,
            "write keys with other characters as ['the key']",
        ),
        ("a, ['x", "quoted text without a closing quote", 4, 6, None),
    ),
)
def test_a_wrong_order_is_reported_in_place(text: str, message: str, start: int, end: int, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        SortOrder.parse(text)
    error = caught.value
    assert (error.message, error.start, error.end) == (message, start, end)
    assert hint is None or error.hint == hint


@given(sort_orders)
def test_the_text_of_an_order_reads_back_as_the_order(order: SortOrder) -> None:
    assert SortOrder.parse(str(order)) == order


@given(sort_orders, st.lists(items, max_size=8))
def test_sorting_is_a_stable_permutation_in_order(order: SortOrder, values: list[JsonValue]) -> None:
    numbered: list[JsonValue] = [[number, value] for number, value in enumerate(values)]
    below = SortOrder(
        tuple(SortKey(FieldPath((1, *key.path.segments)), key.descending, key.nulls_first) for key in order.keys)
    )
    ordered = below.sort(numbered)
    assert sorted(map(id, ordered)) == sorted(map(id, numbered))
    for first, second in pairwise(ordered):
        assert _rank(first, second, below) <= 0


def _rank(first: JsonValue, second: JsonValue, order: SortOrder) -> int:
    """Negative when `first` comes first: by keys, then by number."""
    for key in order.keys:
        left, right = key.path.getter(None)(first), key.path.getter(None)(second)
        if (left is None) != (right is None):
            return -1 if (left is None) == key.nulls_first else 1
        if order_key(left) != order_key(right):
            return -1 if (order_key(left) < order_key(right)) != key.descending else 1
    return -1 if isinstance(first, list) and isinstance(second, list) and first[0] < second[0] else 1


@given(json_values, json_values)
def test_values_are_equal_exactly_when_neither_comes_first(left: JsonValue, right: JsonValue) -> None:
    assert (order_key(left) == order_key(right)) is json_equal(left, right)


@given(json_values, json_values, json_values)
def test_the_order_of_values_is_total(first: JsonValue, second: JsonValue, third: JsonValue) -> None:
    one, two, three = sorted(map(order_key, (first, second, third)))
    assert one <= two <= three
    assert one <= three
    comes_first = (order_key(first) < order_key(second), order_key(second) < order_key(first))
    assert sum(comes_first) + json_equal(first, second) == 1
