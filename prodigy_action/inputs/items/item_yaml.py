"""YAML item files as JSON values: what JSON would read as a number is one, everything else keeps its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from prodigy_action.errors import Diagnostic, InvalidInput, Position
from prodigy_action.model.json_value import JsonValue, NumberText

MAX_DEPTH: Final = 100
MAX_NODES: Final = 20_000_000
"""How many values a file may stand for once its aliases are expanded."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,3999})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CONSTANTS: Final[dict[str, JsonValue]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_CORE: Final = "tag:yaml.org,2002:"
_TAGS: Final = frozenset({"int", "float", "bool", "null"})
_PLAIN: Final = "plain"
_NOT_ALLOWED = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Loader(yaml.CBaseLoader):
    """Composes nodes; tells an untagged plain scalar from quoted and from tagged text."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode and implicit[0]:
            return _PLAIN
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # the stubs leave it untyped


def parse_yaml_document(text: str, source: str) -> JsonValue:
    """The one document of a YAML text.

    Only the words `true`, `false` and `null` (also capitalized, and `~`) are constants, and a plain scalar is a number
    when JSON would read it as one: `yes`, `012`, `0x1F` and `2025-01-01` are text. Aliases share their value, `<<`
    merges. Raises `InvalidInput` for a syntax error, an empty file, duplicate or non-scalar keys, unknown tags, several
    documents, aliases that contain themselves or expand beyond `MAX_NODES` values.
    """
    lines = text.removeprefix("\ufeff")
    if unsafe := _NOT_ALLOWED.search(lines):
        raise _invalid("a character that YAML does not allow", lines, source, _position(lines, unsafe.start()))
    try:
        root = yaml.compose(lines, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(filter(None, (error.context, error.problem))) or "unreadable YAML"
        raise _invalid(f"no valid YAML: {message}", lines, source, _mark(mark)) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput([Diagnostic(f"no valid YAML: {error}", source=source)]) from error
    if root is None:
        raise InvalidInput([Diagnostic("the file is empty", source=source, hint="write [] for no items")])
    return _Construction(lines, source).value(root, 1)


@dataclass(slots=True)
class _Construction:
    text: str
    source: str
    finished: dict[int, tuple[JsonValue, int]] = field(default_factory=dict)
    open_nodes: set[int] = field(default_factory=set)

    def value(self, node: yaml.Node, depth: int) -> JsonValue:
        return self._sized(node, depth)[0]

    def _sized(self, node: yaml.Node, depth: int) -> tuple[JsonValue, int]:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node), 1
        if id(node) in self.finished:
            return self.finished[id(node)]
        if id(node) in self.open_nodes:
            raise self._problem("an alias contains itself", node)
        if node.tag not in (f"{_CORE}seq", f"{_CORE}map"):
            raise self._problem(f"the tag {node.tag!r} is not known here", node)
        if depth > MAX_DEPTH:
            raise self._problem(f"nested deeper than {MAX_DEPTH} levels", node)
        self.open_nodes.add(id(node))
        value: JsonValue
        if isinstance(node, yaml.SequenceNode):
            elements = [self._sized(element, depth + 1) for element in node.value]
            value, size = [element for element, _ in elements], 1 + sum(size for _, size in elements)
        else:
            value, size = self._mapping(node, depth)
        self.open_nodes.discard(id(node))
        if size > MAX_NODES:
            raise self._problem(f"aliases expand to more than {MAX_NODES:,} values", node)
        self.finished[id(node)] = value, size
        return value, size

    def _mapping(self, node: yaml.Node, depth: int) -> tuple[JsonValue, int]:
        own: dict[str, JsonValue] = {}
        merged: dict[str, JsonValue] = {}
        size = 1
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._problem("a key is not text", key_node)
            value, value_size = self._sized(value_node, depth + 1)
            size += value_size
            key = key_node.value
            if key == "<<" and key_node.tag == _PLAIN:
                for mapping in value if isinstance(value, list) else [value]:
                    if not isinstance(mapping, dict):
                        raise self._problem("<< merges a mapping or a list of mappings", value_node)
                    merged = mapping | merged
            elif key in own:
                raise self._problem(f"the key {key!r} stands here twice", key_node)
            else:
                own[key] = value
        return (merged | own if merged else own), size

    def _scalar(self, node: yaml.ScalarNode) -> JsonValue:
        text: str = node.value
        kind = node.tag.removeprefix(_CORE)
        if kind == "str":
            return text
        if kind != _PLAIN and kind not in _TAGS:
            raise self._problem(f"the tag {node.tag!r} is not known here", node)
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        return NumberText(text) if _NUMBER.fullmatch(text) else text

    def _problem(self, message: str, node: yaml.Node) -> InvalidInput:
        return _invalid(message, self.text, self.source, _mark(node.start_mark))


def _mark(mark: yaml.Mark | None) -> Position | None:
    return None if mark is None else Position(mark.line + 1, mark.column + 1)


def _position(text: str, offset: int) -> Position:
    start = text.rfind("\n", 0, offset) + 1
    return Position(text.count("\n", 0, offset) + 1, offset - start + 1)


def _invalid(message: str, text: str, source: str, position: Position | None) -> InvalidInput:
    line = None
    if position is not None:
        lines = text.split("\n", position.line)
        line = lines[position.line - 1].removesuffix("\r") if len(lines) >= position.line else ""
    return InvalidInput([Diagnostic(message, source=source, position=position, source_line=line)])
