"""YAML and JSON as marked trees: what is refused, and what the nodes say of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.errors import InvalidInput
from prodigy_action.inputs.documents.document import read_tree
from prodigy_action.inputs.documents.located_tree import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe,
    json_value,
)
from prodigy_action.inputs.documents.source_text import SourceText


def tree(text: str, name: str = "w.yml") -> Node:
    return read_tree(SourceText(name, text))


def refusal(text: str, name: str = "w.yml") -> str:
    with pytest.raises(InvalidInput) as caught:
        tree(text, name)
    assert all(problem.position is not None for problem in caught.value.diagnostics)
    return caught.value.diagnostics[0].code


def scalars(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from scalars(item)
    else:
        for key, value in node.entries:
            yield key
            yield from scalars(value)


def test_a_plain_scalar_keeps_its_text() -> None:
    node = tree("[012, 1:30, 2025-01-01, 1e3, 0x1F, ~, yes, null, .inf]")
    texts = [scalar.text for scalar in scalars(node)]
    assert texts == ["012", "1:30", "2025-01-01", "1e3", "0x1F", "~", "yes", "null", ".inf"]


def test_quotes_and_the_str_tag_make_a_text_of_a_number() -> None:
    assert json_value(tree("[1, '1', \"1\", !!str 1, ! 1]")) == [1, "1", "1", "1", "1"]


def test_an_explicit_key_wins_over_a_merged_one_and_an_earlier_merge_over_a_later() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 0}\n"
    node = tree(text)
    assert isinstance(node, MappingNode)
    merged = node.get("c")
    assert merged is not None
    assert json_value(merged) == {"x": 0, "y": 1, "z": 2}


def test_a_quoted_merge_sign_is_a_key() -> None:
    assert json_value(tree("{'<<': 1}")) == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "code"),
    (
        ("{a: 1, a: 2}", "duplicate-key"),
        ("[*a]", "yaml"),
        ("&a [*a]", "yaml"),
        ("? [a]\n: b", "yaml"),
        ("<<: 3", "yaml"),
        ("!!python/object:x {}", "yaml"),
        ("a\n---\nb", "yaml"),
        ("", "empty"),
        ("[" * 65, "too-deep"),
        ("[" * 500_000, "too-deep"),
        ("- " * 300_000, "too-deep"),
        ("[" + "a," * 200_000 + "]", "too-many-nodes"),
        ("a: &a [x,x,x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1 if n else ''}{''}]\n" for n in range(70)), "too-deep"),
        ("x: &x [1,1]\n" + "y: [" + "*x," * 60_000 + "]", "too-many-nodes"),
    ),
)
def test_yaml_that_is_refused(text: str, code: str) -> None:
    assert refusal(text) == code


def test_an_alias_bomb_is_refused() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert refusal("a0: &a0 [x]\n" + "\n".join(levels)) == "too-many-nodes"


@pytest.mark.parametrize(
    ("text", "code"),
    (
        ('{"a": 1, "a": 2}', "duplicate-key"),
        ('{"a": 1,}', "json"),
        ('{"a" 1}', "json"),
        ("{a: 1}", "json"),
        ('{"a": 1} x', "json"),
        ('{"a": tru}', "json"),
        ('{"a": "x', "json"),
        ('{"a": "\\q"}', "json"),
        ("[1 2]", "json"),
        ("", "json"),
        ("[" * 100_000, "too-deep"),
        ("[" + "1," * 100_001 + "1]", "too-many-nodes"),
    ),
)
def test_json_that_is_refused(text: str, code: str) -> None:
    assert refusal(text, "w.json") == code


@pytest.mark.parametrize(
    ("text", "words"),
    (("{}", "a map"), ("[]", "a list"), ("~", "nothing"), ("abc", "'abc'"), ("a" * 50, f"'{'a' * 37}…'")),
)
def test_nodes_describe_themselves(text: str, words: str) -> None:
    assert describe(tree(text)) == words


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8).filter(str.isprintable),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(JSON_VALUES)
def test_json_reads_as_what_it_says(value: object) -> None:
    assert json_value(tree(json.dumps(value), "w.json")) == value


@settings(max_examples=60)
@given(JSON_VALUES)
def test_a_scalar_stands_where_it_says(value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    for scalar in scalars(tree(text, "w.json")):
        written = text[scalar.start : scalar.end]
        assert (json.loads(written) if scalar.style else written) == scalar.text
