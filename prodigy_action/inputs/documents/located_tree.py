"""A document as a tree whose every node knows where it stands in the file."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.source_text import SourceText
from prodigy_action.model.json_value import JsonValue, NumberText
from prodigy_action.pure.text.cutting import cut

DEPTH_LIMIT = 64
NODE_LIMIT = 100_000
"""Nodes of a document, aliases expanded."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,3999})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode:
    """A text with its source span. `plain` is true without quotes: such a text may also mean a number or a boolean.

    `style` is the opening character in YAML (`'`, `"`, `|`, `>`, or empty), `tag` a tag of ours such as `custom`.
    """

    text: str
    plain: bool
    start: int
    end: int
    style: str = ""
    tag: str | None = None

    @property
    def is_null(self) -> bool:
        """True for nothing, `~` or `null`, unquoted."""
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True, eq=False)
class SequenceNode:
    """A list."""

    items: tuple[Node, ...]
    start: int
    end: int
    tag: str | None = None
    is_null: bool = field(default=False, init=False)


@dataclass(frozen=True, slots=True, eq=False)
class MappingNode:
    """Keys and values in source order; no two keys have the same text."""

    entries: tuple[tuple[ScalarNode, Node], ...]
    start: int
    end: int
    tag: str | None = None
    is_null: bool = field(default=False, init=False)

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        for name, value in self.entries:
            if name.text == key:
                return value
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """The texts of the keys in source order."""
        return tuple(name.text for name, _ in self.entries)


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


def json_value(node: Node) -> JsonValue:
    """The JSON value of a node: unquoted `true`, `false`, `null` and JSON numbers are such, all else is text."""
    if isinstance(node, MappingNode):
        return {key.text: json_value(value) for key, value in node.entries}
    if isinstance(node, SequenceNode):
        return [json_value(item) for item in node.items]
    if not node.plain:
        return node.text
    if node.is_null:
        return None
    if node.text in {"true", "false"}:
        return node.text == "true"
    return number_or_text(node.text)


def number_or_text(text: str) -> JsonValue:
    """What an unquoted text is that names no constant: the number that JSON would read, or the text."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return NumberText(text) if _NUMBER.fullmatch(text) else text


def duplicate_key(source: SourceText, text: str, first: int, second: tuple[int, int]) -> Diagnostic:
    """The error for a key that a map has twice: where it stands `first`, and the span of the `second`."""
    lines = source.position(first).line, source.position(second[0]).line
    where = f"twice on line {lines[0]}" if lines[0] == lines[1] else f"lines {lines[0]} and {lines[1]}"
    message = f"duplicate key `{text}` ({where})"
    return source.diagnostic(message, *second, hint="remove one of the two", code="duplicate-key")


def marked_span(text: str, node: Node) -> tuple[int, int]:
    """The characters to underline for a node: of a block map only its first key."""
    if isinstance(node, MappingNode) and node.entries and text[node.start : node.start + 1] != "{":
        first = node.entries[0][0]
        if first.start >= node.start and first.end <= node.end:  # else a merged map, from elsewhere
            return first.start, first.end
    return node.start, node.end


def describe(node: Node) -> str:
    """What a node is, for messages: `a map`, `a list`, `the text 'x'`, `nothing`."""
    if isinstance(node, MappingNode):
        return "a map"
    if isinstance(node, SequenceNode):
        return "a list"
    if node.is_null:
        return "nothing"
    return repr(cut(node.text, 38))
