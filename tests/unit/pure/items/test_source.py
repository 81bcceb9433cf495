"""The text of the map's input becomes items."""

import pytest

from prodigy_action.errors import Diagnostic, InvalidInput, Position
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.pure.items.source import (
    looks_like_a_path,
    parse_command_output,
    parse_items,
    select_items,
)
from prodigy_action.pure.json_values.json_path import JsonPath


def _problem(text: str, suffix: str) -> Diagnostic:
    with pytest.raises(InvalidInput) as caught:
        parse_items(text, suffix, source="items" + suffix)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.source == "items" + suffix
    return diagnostic


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    (
        ('[{"a": 1.50}, 2]', ".json", '[{"a":1.50},2]'),
        ('\ufeff{"a": [1]}', ".JSON", '[{"a":[1]}]'),
        ("[]", ".json", "[]"),
        ("12345678901234567890", ".json", "[12345678901234567890]"),
        ('{"a": 1}\r\n\n  [2]\n"x"\n', ".jsonl", '[{"a":1},[2],"x"]'),
        ("", ".ndjson", "[]"),
        ('{"a": "\u2028"}\n{"a": 1}', ".jsonl", '[{"a":"\u2028"},{"a":1}]'),
        ('a,b\n1,"x, ""y""\n2"\n\n3,\n', ".csv", '[{"a":"1","b":"x, \\"y\\"\\n2"},{"a":"3","b":""}]'),
        ("\ufeffa;b\r\n1\r\n", ".csv", '[{"a;b":"1"}]'),
        ("one\r\n\n two \n[3]\n", ".txt", '[{"item":"one"},{"item":" two "},{"item":"[3]"}]'),
        ("plain", "", '[{"item":"plain"}]'),
    ),
)
def test_a_file_is_read_by_its_suffix(text: str, suffix: str, expected: str) -> None:
    assert compact_json(parse_items(text, suffix)) == expected


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    (
        ({"items": [1, 2]}, None, [{"items": [1, 2]}]),
        ([1, [2]], None, [1, [2]]),
        ({"items": [1, 2]}, "$.items", [[1, 2]]),
        ({"items": [1, 2]}, "$.items[*]", [1, 2]),
        ([{"a": 1}, {"a": 2}], "$[?(@.a > 1)]", [{"a": 2}]),
        ({"items": [1]}, "$.nope", []),
    ),
)
def test_a_json_path_selects_and_without_one_an_array_is_spread(
    document: JsonValue, path: str | None, expected: list[JsonValue]
) -> None:
    assert select_items(document, JsonPath.parse(path) if path else None) == expected


def test_a_json_path_applies_to_files_of_every_kind() -> None:
    assert parse_items("a,b\n1,2\n3,4\n", ".csv", json_path=JsonPath.parse("$[*].b")) == ["2", "4"]
    assert parse_items('{"a":1}\n{"a":2}', ".jsonl", json_path=JsonPath.parse("$[1]")) == [{"a": 2}]


@pytest.mark.parametrize(
    ("output", "expected"),
    (
        ("1\n2\n3\n", '[{"item":"1"},{"item":"2"},{"item":"3"}]'),
        ('[1, {"a": 2}]\n', '[1,{"a":2}]'),
        ('{"a": 1}', '[{"a":1}]'),
        ('{\n  "a": 1\n}\n', '[{"a":1}]'),
        ('{"a": 1}\n{"a": 2}\n', '[{"a":1},{"a":2}]'),
        ('{"a": 1}\n[2]\n', '[{"a":1},[2]]'),
        ('{"a": 1}\nplain\n', '[{"a":1},{"item":"plain"}]'),
        ("{broken\n{}\n", '[{"item":"{broken"},{}]'),
        ("src/a b.py\r\n\nsrc/c.py\n", '[{"item":"src/a b.py"},{"item":"src/c.py"}]'),
        ("7\n", '[{"item":"7"}]'),
        ("", "[]"),
        ("\n \n", "[]"),
    ),
)
def test_what_a_command_prints_is_json_or_json_lines_or_lines(output: str, expected: str) -> None:
    assert compact_json(parse_command_output(output)) == expected


def test_a_json_path_applies_to_what_a_command_prints() -> None:
    assert parse_command_output('{"items": [1, 2]}', json_path=JsonPath.parse("$.items[*]")) == [1, 2]
    assert parse_command_output("a\nb\n", json_path=JsonPath.parse("$[*].item")) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message", "position", "line", "hint"),
    (
        (
            '{\n  "a": 1,\n}',
            "no valid JSON: expecting property name enclosed in double quotes",
            (3, 1),
            "}",
            "remove the comma before it",
        ),
        ("['a']", "no valid JSON: expecting value", (1, 2), "['a']", 'quote text with "'),
        (
            '{"a": 1}\n{"a": 2}',
            "no valid JSON: extra data",
            (2, 1),
            '{"a": 2}',
            "for one object on each line, name the file .jsonl",
        ),
        ('[\n1, "NaN", NaN]', "NaN is no JSON number", (2, 11), '1, "NaN", NaN]', "quote it as text"),
        ("[1, -Infinity]", "-Infinity is no JSON number", (1, 5), "[1, -Infinity]", "quote it as text"),
        ("{} # no", "no valid JSON: extra data", (1, 4), "{} # no", "JSON has no comments"),
    ),
)
def test_wrong_json_is_reported_in_place(
    text: str, message: str, position: tuple[int, int], line: str, hint: str | None
) -> None:
    assert _problem(text, ".json") == Diagnostic(message, "items.json", Position(*position), line, hint)


def test_wrong_json_on_one_long_line_is_reported_by_its_surroundings() -> None:
    problem = _problem("[" + "1," * 1000 + "oops]", ".json")
    assert problem.source_line is None
    assert problem.position == Position(1, 2002)
    assert problem.message == "no valid JSON: expecting value, near '…1,1,1,1,1,1,1,1,1,1,oops]'"


def test_an_empty_json_file_is_reported() -> None:
    assert _problem(" \n", ".json").message == "the file is empty"


def test_a_number_of_too_many_digits_is_reported_in_place() -> None:
    problem = _problem("[1,\n" + "9" * 5000 + "]", ".json")
    assert (problem.message[:33], problem.position) == ("a number of 5000 digits is no JSO", Position(2, 1))


def test_json_that_is_nested_too_deeply_is_reported() -> None:
    assert _problem("[" * 200_000, ".json").message == "the JSON is nested too deeply"


def test_a_wrong_line_of_json_lines_is_reported_in_place() -> None:
    problem = _problem('{"a": 1}\n\n{"a": }\n', ".jsonl")
    assert (problem.position, problem.source_line) == (Position(3, 7), '{"a": }')


@pytest.mark.parametrize(
    ("text", "message", "position", "line"),
    (
        ('a,b\n"1\n2",3\n4\n', "this row has 1 fields, the header has 2", Position(4, 1, 2), "4"),
        ("a,b\n1,2,3\n", "this row has 3 fields, the header has 2", Position(2, 1, 6), "1,2,3"),
        ("a,a\n", "the header names the column 'a' twice", Position(1, 1, 4), "a,a"),
        ("\na,\n", "a column of the header has no name", Position(2, 1, 3), "a,"),
        ('a\n"x\n', "unreadable CSV: unexpected end of data", Position(2, 1, 3), '"x'),
        ("", "the CSV file is empty", None, None),
    ),
)
def test_wrong_csv_is_reported_in_place(text: str, message: str, position: Position | None, line: str | None) -> None:
    problem = _problem(text, ".csv")
    assert (problem.message, problem.position, problem.source_line) == (message, position, line)


@pytest.mark.parametrize(
    ("text", "suffix", "message"),
    (
        ('[{"a": 1}, {"b": [{"c": "x\\u0000"}]}]', ".json", "item 1 has a NUL character at 'b[0].c'"),
        ('{"a\\u0000b": 1}', ".json", "item 0 has a NUL character at '$['a\ufffdb']'"),
        ("a\0b", ".txt", "item 0 has a NUL character at 'item'"),
        ("a\n\0\n", ".csv", "item 0 has a NUL character at 'a'"),
    ),
)
def test_a_nul_is_refused_with_item_and_path(text: str, suffix: str, message: str) -> None:
    problem = _problem(text, suffix)
    assert problem.message.replace('"', "'") == message
    assert problem.code == "nul-in-item"


def test_a_nul_in_what_a_command_prints_is_refused() -> None:
    with pytest.raises(InvalidInput, match="NUL character"):
        parse_command_output("a\0b\n")


def test_text_that_only_looks_like_a_nul_is_kept() -> None:
    assert parse_items('["\\\\u0000"]', ".json") == ["\\u0000"]


def test_text_that_is_no_unicode_is_kept() -> None:
    text = b"caf\xe9\n".decode(errors="surrogateescape")
    assert parse_items(text, ".txt") == [{"item": "caf\udce9"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("items.json", True),
        (" data/ITEMS.JSONL ", True),
        ("./a.yml", True),
        ("a.csv", True),
        ("cat items.json", False),
        ("find . -name '*.py'", False),
        ("ls", False),
        ("generate.sh", False),
    ),
)
def test_a_text_without_spaces_and_with_a_known_ending_looks_like_a_path(text: str, expected: bool) -> None:
    assert looks_like_a_path(text) is expected
