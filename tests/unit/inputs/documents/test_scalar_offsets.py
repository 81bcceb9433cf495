"""From characters of a value back to characters of the file, in every scalar style."""

from __future__ import annotations

import pytest

from prodigy_action.inputs.documents.document import read_tree
from prodigy_action.inputs.documents.located_tree import MappingNode, ScalarNode
from prodigy_action.inputs.documents.scalar_offsets import scalar_offsets, source_span
from prodigy_action.inputs.documents.source_text import SourceText

STYLES = {
    "plain": "k: one MARK two\n",
    "plain over lines": "k: one\n  two\n\n  MARK three\n",
    "single quotes": "k: 'it''s MARK'\n",
    "single quotes over lines": "k: 'it''s\n\n    two MARK'\n",
    "double quotes": 'k: "a\\tb \\u00e9 \\x41 MARK"\n',
    "double quotes with a pair": 'k: "\\U0001F600 MARK"\n',
    "double quotes over lines": 'k: "one\n  two \\\n   MARK"\n',
    "literal": "k: |\n  one\n    two\n\n  MARK three\n",
    "literal with an indicator": "k: |2-\n    one\n  MARK\n",
    "literal with a comment": "k: | # said so\n  MARK\n",
    "folded": "k: >\n  one\n  two\n\n  MARK\n",
    "folded, more indented": "k: >-\n  one\n\n    code\n\n  MARK\n",
    "windows lines": "k: |\r\n  one\r\n  MARK\r\n",
    "wide characters": "k: '日本 MARK'\n",
    "tab after": "k: one\t MARK\n",
}


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_a_word_is_found_in_every_style(text: str) -> None:
    root = read_tree(SourceText("w.yml", text))
    assert isinstance(root, MappingNode)
    node = root.get("k")
    assert isinstance(node, ScalarNode)
    at = node.text.index("MARK")
    start, end = source_span(scalar_offsets(text, node), node, at, at + 4)
    assert text[start:end] == "MARK"


def test_json_escapes_are_followed() -> None:
    text = '{"k": "\\ud83d\\ude00 \\n MARK"}'
    root = read_tree(SourceText("w.json", text))
    assert isinstance(root, MappingNode)
    node = root.get("k")
    assert isinstance(node, ScalarNode)
    at = node.text.index("MARK")
    start, end = source_span(scalar_offsets(text, node), node, at, at + 4)
    assert text[start:end] == "MARK"


def test_something_missing_at_the_end_is_reported_after_the_last_character() -> None:
    text = "k: 'abc'"
    node = ScalarNode("abc", False, 3, 8, "'")
    assert source_span(scalar_offsets(text, node), node, 3, 4) == (7, 8)


def test_a_value_that_cannot_be_followed_is_its_whole_scalar() -> None:
    node = ScalarNode("other", True, 0, 3)
    assert source_span(scalar_offsets("abc", node), node, 1, 2) == (0, 3)
