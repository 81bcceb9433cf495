"""Item files; here the YAML ones."""

import pytest

from prodigy_action.errors import InvalidInput, Position
from prodigy_action.inputs.items.item_file import parse_item_file
from prodigy_action.model.json_value import compact_json
from prodigy_action.pure.json_values.json_path import JsonPath


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("- a: yes\n  b: on\n  c: true\n  d: False\n", '[{"a":"yes","b":"on","c":true,"d":false}]'),
        ("[1, 1.50, -2, 1e3, 12345678901234567890]", "[1,1.50,-2,1e3,12345678901234567890]"),
        (
            "[012, 0x1F, 1:30, 2025-01-01, .5, +1, 1_000, .inf]",
            '["012","0x1F","1:30","2025-01-01",".5","+1","1_000",".inf"]',
        ),
        ("[~, null, '', 'null', \"5\", !!str 5, !!int '5']", '[null,null,"","null","5","5",5]'),
        ("a:\nb: |\n  two\n  lines\n", '[{"a":null,"b":"two\\nlines\\n"}]'),
        ("base: &b {p: 1, q: 1}\nmore: {<<: *b, q: 2}\n", '[{"base":{"p":1,"q":1},"more":{"p":1,"q":2}}]'),
        ("x: {<<: [{p: 1, q: 1}, {q: 2, r: 2}]}", '[{"x":{"q":1,"r":2,"p":1}}]'),
        ("- &a [1]\n- *a\n", "[[1],[1]]"),
        ("1: a\n", '[{"1":"a"}]'),
        ("[]", "[]"),
    ),
)
def test_only_what_json_would_read_so_is_no_text(text: str, expected: str) -> None:
    assert compact_json(parse_item_file(text, ".yml")) == expected


def test_a_json_path_applies_to_yaml() -> None:
    assert parse_item_file("items:\n- 1\n- 2\n", ".YAML", json_path=JsonPath.parse("$.items[*]")) == [1, 2]


def test_other_kinds_are_read_by_suffix() -> None:
    assert parse_item_file("[1]", ".json") == [1]
    assert parse_item_file("- 1", ".txt") == [{"item": "- 1"}]


@pytest.mark.parametrize(
    ("text", "message", "position"),
    (
        ("a: 1\nb: 2\na: 3\n", "duplicate key `a` (lines 1 and 3)", Position(3, 1, 2)),
        ("a: [1\nb: 2\n", "the list or map in brackets does not go on here", Position(2, 2)),
        ("- !mine 1\n", "unknown tag `!mine`", Position(1, 3, 10)),
        ("- !mine {}\n", "unknown tag `!mine`", Position(1, 3, 10)),
        ("a: &a [*a]\n", "the alias `*a` stands inside its own anchor", Position(1, 8, 10)),
        ("? [a]\n: 1\n", "a key must be a text", Position(1, 3, 6)),
        ("a: {<<: 1}\n", "`<<` merges a map or a list of maps", Position(1, 9, 10)),
        ("a: {<<: [{}, 1]}\n", "`<<` merges a map or a list of maps", Position(1, 14, 15)),
        ("a: caf\udce9\n", "byte 0xe9 is no UTF-8", Position(1, 7)),
        ("a: \x01\n", "the control character U+0001 is not allowed", Position(1, 4)),
        ("[" * 200 + "]" * 200, "nested more than 100 deep", Position(1, 101, 102)),
    ),
)
def test_wrong_yaml_is_reported_in_place(text: str, message: str, position: Position) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_item_file(text, ".yaml", source="items.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.message, diagnostic.position, diagnostic.source) == (message, position, "items.yaml")
    assert diagnostic.source_line == text.split("\n")[position.line - 1]


@pytest.mark.parametrize("text", ("", "# only a comment\n"))
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="the file is empty"):
        parse_item_file(text, ".yaml")


def test_several_documents_are_refused() -> None:
    with pytest.raises(InvalidInput, match="a second document starts here"):
        parse_item_file("a\n---\nb\n", ".yaml")


def test_a_nul_is_refused_with_item_and_path() -> None:
    with pytest.raises(InvalidInput, match=r"item 1 has a NUL character at 'a'"):
        parse_item_file('- 1\n- a: "x\\0"\n', ".yaml")


def test_aliases_that_expand_without_bound_are_refused() -> None:
    lines = ["- &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, 10)]
    with pytest.raises(InvalidInput, match="more than 20,000,000 values in one file"):
        parse_item_file("\n".join(lines), ".yaml")


def test_bytes_that_are_no_utf8_are_kept() -> None:
    text = b"caf\xe9\r\nb\n".decode("utf-8", "surrogateescape")
    assert parse_item_file(text, ".txt") == [{"item": "caf\udce9"}, {"item": "b"}]


def test_a_wrong_file_is_reported_by_its_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_item_file("[1,]", ".json", source="data/items.json")
    assert caught.value.diagnostics[0].source == "data/items.json"
