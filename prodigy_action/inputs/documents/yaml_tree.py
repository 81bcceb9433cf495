"""A YAML workflow file to a located tree."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from prodigy_action.inputs.documents.located_tree import (
    DEPTH_LIMIT,
    NODE_LIMIT,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
)
from prodigy_action.inputs.documents.source_text import SourceText
from prodigy_action.inputs.documents.yaml_builder import DocumentRules, Entries, span_of
from prodigy_action.inputs.documents.yaml_composer import compose_yaml

_RULES = DocumentRules(
    name="a workflow file",
    empty_hint="a workflow is a map or a list of steps",
    depth=DEPTH_LIMIT,
    nodes=NODE_LIMIT,
    tags=frozenset({"fixed", "linear", "exponential", "fibonacci", "custom", "batched"}),
    tags_hint="the tags are `!exponential` and its like, `!custom`, `!batched`",
)


class _TreeBuilder:
    def scalar(self, event: yaml.ScalarEvent, tag: str | None, *, plain: bool) -> Node:
        return _scalar(event, tag, plain=plain)

    def sequence(self, items: list[Node], tag: str | None, start: yaml.Event, end: yaml.Event) -> Node:
        return SequenceNode(tuple(items), *span_of(start, end), tag)

    def mapping(
        self, own: Entries[Node], merged: list[Node], tag: str | None, start: yaml.Event, end: yaml.Event
    ) -> Node:
        entries = {text: (_scalar(key, None, plain=key.implicit[0]), value) for text, (key, value) in own.items()}
        for mapping in merged:
            if isinstance(mapping, MappingNode):
                for entry in mapping.entries:
                    entries.setdefault(entry[0].text, entry)
        return MappingNode(tuple(entries.values()), *span_of(start, end), tag)

    def maps_of(self, value: Node) -> Sequence[Node] | None:
        parts = value.items if isinstance(value, SequenceNode) else (value,)
        return parts if all(isinstance(part, MappingNode) for part in parts) else None


def _scalar(event: yaml.ScalarEvent, tag: str | None, *, plain: bool) -> ScalarNode:
    return ScalarNode(event.value, plain, *span_of(event), event.style or "", tag)


def read_yaml(source: SourceText) -> Node:
    """The one document of a YAML workflow file; raises `InvalidInput`."""
    return compose_yaml(source, _TreeBuilder(), _RULES)
