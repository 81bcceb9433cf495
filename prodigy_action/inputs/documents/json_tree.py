"""From JSON to a located tree."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.located_tree import (
    DEPTH_LIMIT,
    NODE_LIMIT,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    duplicate_key,
)
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT, SourceText

_STRINGS = JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")


class _Reader:
    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.count = 0
        self.duplicates: list[Diagnostic] = []

    def fail(self, message: str, start: int, hint: str | None = None, code: str = "json") -> InvalidInput:
        return InvalidInput([*self.duplicates, self.source.diagnostic(message, start, hint=hint, code=code)])

    def skip(self) -> str:
        """Move to the next character that is not white space, and return it; empty at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def string(self) -> ScalarNode:
        start = self.at
        try:
            text, self.at = _STRINGS.raw_decode(self.text, start)
        except JSONDecodeError as error:
            raise self.fail(error.msg[:1].lower() + error.msg[1:], error.pos) from None
        return ScalarNode(text, False, start, self.at, '"')

    def value(self, depth: int) -> Node:
        self.count += 1
        character = self.skip()
        if self.count > NODE_LIMIT:
            raise self.fail(f"more than {NODE_LIMIT:,} values in one file", self.at, code="too-many-nodes")
        if depth > DEPTH_LIMIT:
            raise self.fail(f"nested more than {DEPTH_LIMIT} deep", self.at, code="too-deep")
        if character == '"':
            return self.string()
        if character == "{":
            return self.mapping(depth)
        if character == "[":
            return self.sequence(depth)
        match = _WORD.match(self.text, self.at)
        if match is None:
            raise self.fail("expected a value" if character else "the file ends where a value is expected", self.at)
        start, self.at = self.at, match.end()
        return ScalarNode(match.group(), True, start, self.at)

    def sequence(self, depth: int) -> SequenceNode:
        start = self.at
        self.at += 1
        items: list[Node] = []
        if self.skip() == "]":
            self.at += 1
            return SequenceNode((), start, self.at)
        while True:
            items.append(self.value(depth + 1))
            if self.more("]"):
                return SequenceNode(tuple(items), start, self.at)

    def mapping(self, depth: int) -> MappingNode:
        start = self.at
        self.at += 1
        entries: dict[str, tuple[ScalarNode, Node]] = {}
        if self.skip() == "}":
            self.at += 1
            return MappingNode((), start, self.at)
        while True:
            if self.skip() != '"':
                raise self.fail("expected a key in double quotes", self.at)
            key = self.string()
            if self.skip() != ":":
                raise self.fail("expected `:` after the key", self.at)
            self.at += 1
            value = self.value(depth + 1)
            if key.text in entries and len(self.duplicates) < PROBLEM_LIMIT:
                self.duplicates.append(
                    duplicate_key(self.source, key.text, entries[key.text][0].start, (key.start, key.end))
                )
            entries[key.text] = key, value
            if self.more("}"):
                return MappingNode(tuple(entries.values()), start, self.at)

    def more(self, closing: str) -> bool:
        """True at the end of a collection, false after a comma."""
        character = self.skip()
        if character not in {closing, ","} or not character:
            raise self.fail(f"expected `,` or `{closing}`", self.at)
        self.at += 1
        if character == "," and self.skip() == closing:
            raise self.fail(f"a comma before `{closing}`", self.at, hint="remove the comma")
        return character == closing


def read_json(source: SourceText) -> Node:
    """The value of a JSON file; raises `InvalidInput`."""
    reader = _Reader(source)
    root = reader.value(0)
    if reader.skip():
        raise reader.fail("text after the end of the document", reader.at)
    if reader.duplicates:
        raise InvalidInput(reader.duplicates)
    return root
