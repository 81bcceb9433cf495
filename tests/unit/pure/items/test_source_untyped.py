"""Fields of CSV and lines in filters and sort orders: texts that are compared as what they read as."""

from __future__ import annotations

import pytest

from prodigy_action.model.json_value import JsonValue, UntypedText, compact_json
from prodigy_action.model.workflow import MapPhase, Step
from prodigy_action.pure.items.source import parse_command_output, parse_items
from prodigy_action.pure.steps.map_settings import map_config
from prodigy_action.pure.work_planning import plan_work_assignments

TABLE = "name,size,tested\na,120,true\nb,9,FALSE\nc,1000,false\nd,n/a,\ne,,true\nf,120.0,no\n"


def selected(items: list[JsonValue], **settings: str) -> list[JsonValue]:
    phase = MapPhase.model_validate({"input": "x", "agent_template": (Step(shell="true"),), **settings})
    return [each.item for each in plan_work_assignments(items, map_config(phase, {}))]


def names(items: list[JsonValue]) -> str:
    return "".join(str(item["name"]) for item in items if isinstance(item, dict))


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    (
        ("filter", "size > 100", "acf"),
        ("filter", "size <= 9", "b"),
        ("filter", "size == 120", "af"),
        ("filter", "size != 120", "bcde"),
        ("filter", "size in [9, 1000]", "bc"),
        ("filter", "size not in [9, 1000]", "adef"),
        ("filter", "size == '120'", "a"),
        ("filter", "size > '2'", "bd"),
        ("filter", "is_number(size)", "abcf"),
        ("filter", "tested == true", "ae"),
        ("filter", "tested == false", "bc"),
        ("filter", "tested in [true, 'no']", "aef"),
        ("filter", "is_bool(tested) && is_string(tested)", "abce"),
        ("sort_by", "size", "bafcde"),
        ("sort_by", "size DESC", "dcafbe"),
        ("sort_by", "size DESC NULLS FIRST", "edcafb"),
        ("sort_by", "tested, name", "dbcfae"),
    ),
)
def test_a_field_of_a_table_is_compared_as_what_it_reads_as(setting: str, text: str, expected: str) -> None:
    assert names(selected(parse_items(TABLE, ".csv"), **{setting: text})) == expected


@pytest.mark.parametrize(
    ("text", "expected"), (("used > $.limit", "bc"), ("used == $.limit", "d"), ("used < $.limit", "a"))
)
def test_two_fields_of_a_table_are_compared_as_numbers_when_both_are(text: str, expected: str) -> None:
    table = parse_items("name,used,limit\na,9,10\nb,100,20\nc,x,20\nd,7.0,7\n", ".csv")
    assert names(selected(table, filter=text)) == expected


def test_a_field_of_a_table_is_compared_with_a_number_of_another_item_source() -> None:
    items: list[JsonValue] = [
        {"name": "a", "x": UntypedText("5"), "y": 5},
        {"name": "b", "x": UntypedText("5"), "y": "5"},
    ]
    assert names(selected(items, filter="x == $.y")) == "ab"
    assert names(selected(items, filter="x >= $.y && y <= $.x")) == "ab"
    assert names(selected([{"name": "c", "x": UntypedText("true"), "y": True}], filter="x == $.y && y == $.x")) == "c"


def test_texts_of_a_source_with_types_stay_texts() -> None:
    items = parse_items('[{"name": "a", "size": "120"}, {"name": "b", "size": 120}]', ".json")
    assert names(selected(items, filter="size > 100")) == "b"
    assert names(selected(items, filter="size == '120'")) == "a"


@pytest.mark.parametrize("text", ("012", "+1", ".5", "1.", "0x10", "1e", "1_000", "NaN", "Infinity", "", "1 2"))
def test_what_json_would_not_read_as_a_number_is_a_text(text: str) -> None:
    assert UntypedText(text).number is None


def test_lines_are_in_the_order_of_numbers() -> None:
    lines = parse_command_output("8\n9\n10\n11\n")
    assert selected(lines, filter="item > 8", sort_by="item DESC") == [{"item": text} for text in ("11", "10", "9")]


def test_items_without_types_are_written_as_the_texts_that_they_are() -> None:
    assert compact_json(parse_items("n\n1.50\n", ".csv")) == '[{"n":"1.50"}]'
