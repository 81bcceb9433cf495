"""JSON values: numbers keep their text, text that is no Unicode survives."""

import json

import pytest
from hypothesis import given

from prodigy_action.model.json_value import JsonValue, canonical_json, compact_json, parse_json
from tests.support.strategies import json_values


@pytest.mark.parametrize(
    "text",
    (
        '{"b":[1,1.0,1.50,-0.0,1e3,12345678901234567890],"a":{}}',
        '["é😀","\\u0001\\\\",true,false,null,[],""]',
        '["\\udc80","\\u00e9\\udc80"]',
        "1e400",
        '{"z":{"y":0.1},"a":[0.10]}',
    ),
)
def test_compact_json_is_read_back_and_written_as_it_was(text: str) -> None:
    assert compact_json(parse_json(text)) == text


def test_canonical_json_goes_by_key_at_every_level() -> None:
    assert canonical_json(parse_json('{"b": {"d": 1.50, "c": 2}, "a": [{"z": 1, "y": 2}]}')) == (
        '{"a":[{"y":2,"z":1}],"b":{"c":2,"d":1.50}}'
    )


@pytest.mark.parametrize("text", ("NaN", "[Infinity]", "-Infinity", "[1,]", "", "{'a': 1}"))
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


@given(json_values)
def test_numbers_apart_compact_json_is_what_the_library_writes(value: JsonValue) -> None:
    assert json.loads(compact_json(value)) == value
    assert compact_json(parse_json(compact_json(value))) == compact_json(value)
    assert compact_json(parse_json(canonical_json(value)), sort_keys=True) == canonical_json(value)
