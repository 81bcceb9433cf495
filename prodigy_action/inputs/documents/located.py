"""Canonical values with the node that they were written as, and the map from model paths to places in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, Position
from prodigy_action.inputs.documents.located_tree import Node, ScalarNode, marked_span
from prodigy_action.inputs.documents.scalar_offsets import scalar_offsets, source_span
from prodigy_action.inputs.documents.source_text import SourceText

Path: TypeAlias = tuple[str | int, ...]


class _Broken:
    """The value of a field whose problem was already reported."""


BROKEN: Final = _Broken()


@dataclass(frozen=True, slots=True)
class Opaque:
    """A JSON value as a whole, without places inside it."""

    value: object


@dataclass(frozen=True, slots=True)
class Located:
    """A canonical value: a map or list of located values, an `Opaque`, or a scalar, with its node."""

    value: object
    node: Node

    def items(self) -> list[Located]:
        """The elements of a list of located values; none for anything else."""
        return [item for item in self.value if isinstance(item, Located)] if isinstance(self.value, list) else []


Fields: TypeAlias = dict[str, Located]


class SourceMap:
    """Where each value of a loaded workflow is written."""

    def __init__(self, source: SourceText, root: Node) -> None:
        self.source = source
        self._nodes: dict[Path, Node] = {(): root}
        self._offsets: dict[int, list[int] | None] = {}
        self.broken: set[Path] = set()
        self.shortened: set[Path] = set()

    def put(self, path: Path, node: Node) -> None:
        """Record the node of a path."""
        self._nodes[path] = node

    def node(self, path: Sequence[str | int]) -> Node:
        """The node of a path or of its nearest written ancestor."""
        parts = tuple(path)
        while parts not in self._nodes:
            parts = parts[:-1]
        return self._nodes[parts]

    def written(self, path: Sequence[str | int]) -> bool:
        """True when the file says this value, and not a default."""
        return tuple(path) in self._nodes

    def position(self, path: Sequence[str | int]) -> Position:
        """Line and columns of a value."""
        node = self.node(path)
        return self.source.position(*marked_span(self.source.text, node))

    def place(self, path: Sequence[str | int]) -> str:
        """The file and the line of a value, as `FILE:LINE`."""
        start = marked_span(self.source.text, self.node(path))[0]
        return f"{self.source.part(start)[0].name}:{self.source.position(start).line}"

    def diagnostic(
        self,
        path: Sequence[str | int],
        message: str,
        *,
        hint: str | None = None,
        code: str = "invalid",
        span: tuple[int, int] | None = None,
    ) -> Diagnostic:
        """An error at a value, or at the characters `span` of a text value."""
        node = self.node(path)
        start, end = marked_span(self.source.text, node)
        if span is not None and isinstance(node, ScalarNode) and self.written(path):
            if node.start not in self._offsets:
                self._offsets[node.start] = scalar_offsets(self.source.text, node)
            start, end = source_span(self._offsets[node.start], node, *span)
        return self.source.diagnostic(message, start, end, hint=hint, code=code)


def plain_value(placed: Located, positions: SourceMap, path: Path = ()) -> object:
    """Strip the nodes off, recording each in `positions`; broken values are left out and noted."""
    positions.put(path, placed.node)
    if isinstance(placed.value, list):
        found: list[object] = []
        for item in placed.items():
            if item.value is BROKEN:
                positions.shortened.add(path)
            else:
                found.append(plain_value(item, positions, (*path, len(found))))
        return found
    if isinstance(placed.value, Mapping):
        result: dict[object, object] = {}
        for key, item in placed.value.items():
            if item.value is BROKEN:
                positions.broken.add((*path, key))
            else:
                result[key] = plain_value(item, positions, (*path, key))
        return result
    return placed.value.value if isinstance(placed.value, Opaque) else placed.value
