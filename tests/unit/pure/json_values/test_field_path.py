"""Field paths: one grammar for filter, sort, distinct, key and `when`."""

import pytest
from hypothesis import given

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.json_values.field_path import MISSING, FieldPath
from tests.support.strategies import field_paths

ITEM: JsonValue = {"a": {"b": [{"c.d": 1}, "x"]}, "item": "line", "0": "zero", "work-items": [1], "none": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("a.b[0]['c.d']", 1),
        ('a.b[0]["c.d"]', 1),
        ("item.a.b[1]", "x"),
        ("$.a.b[1]", "x"),
        ("$['a']['b'][-1]", "x"),
        ("item['a'].b.1", "x"),
        ("item", "line"),
        ("item.item", "line"),
        ("$.item", "line"),
        ("0", "zero"),
        ("work-items[0]", 1),
        (" none ", None),
        ("$", ITEM),
    ),
)
def test_a_path_finds_its_value(text: str, expected: JsonValue) -> None:
    assert FieldPath.parse(text).lookup(ITEM) == expected


@pytest.mark.parametrize("text", ("b", "a.x", "a.b[2]", "a.b[-3]", "a.b.c", "item.a[0]", "none.x", "0.x", "a.b[1][0]"))
def test_what_is_not_there_is_missing(text: str) -> None:
    assert FieldPath.parse(text).lookup(ITEM) is MISSING


def test_the_path_item_of_a_plain_value_is_the_value() -> None:
    assert FieldPath.parse("item").lookup(5) == 5


def test_the_default_stands_in_for_a_missing_value_only() -> None:
    assert FieldPath.parse("none").getter("default")(ITEM) is None
    assert FieldPath.parse("nope").getter("default")(ITEM) == "default"


@pytest.mark.parametrize(
    ("text", "start", "hint"),
    (
        ("", 0, "write for example `type` or `user.name`"),
        ("a..b", 2, "write keys with other characters as ['the key']"),
        ("a.", 2, "write keys with other characters as ['the key']"),
        (" a b", 2, "write keys with other characters as ['the key']"),
        ("a[x]", 1, "write an index as [0] or a key as ['name']"),
        ("a['x]", 1, "write an index as [0] or a key as ['name']"),
        ("tags[*]", 4, "write an index as [0] or a key as ['name']"),
    ),
)
def test_a_wrong_path_is_reported_where(text: str, start: int, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        FieldPath.parse(text)
    assert (caught.value.start, caught.value.hint) == (start, hint)


def test_an_index_beyond_any_array_is_refused() -> None:
    with pytest.raises(ExpressionError, match="too large"):
        FieldPath.parse(f"a[{'9' * 30}]")


@given(field_paths)
def test_the_text_of_a_path_reads_back_as_the_path(path: FieldPath) -> None:
    assert FieldPath.parse(str(path)) == path
    assert FieldPath.parse(path.rooted()) == path
