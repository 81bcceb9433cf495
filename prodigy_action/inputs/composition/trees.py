"""Small operations on located trees: moving, and maps with changed entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode

Entry: TypeAlias = "tuple[ScalarNode, Node]"


def moved(node: Node, by: int) -> Node:
    """The same tree, each place moved by so many characters; a node that occurs twice stays one node."""
    known: dict[int, Node] = {}

    def shift(each: Node) -> Node:
        found = known.get(id(each))
        if found is None:
            start, end = each.start + by, each.end + by
            if isinstance(each, SequenceNode):
                found = SequenceNode(tuple(map(shift, each.items)), start, end, each.tag)
            elif isinstance(each, MappingNode):
                entries = tuple((_key(key, by), shift(value)) for key, value in each.entries)
                found = MappingNode(entries, start, end, each.tag)
            else:
                found = _key(each, by)
            known[id(each)] = found
        return found

    return shift(node)


def _key(key: ScalarNode, by: int) -> ScalarNode:
    return replace(key, start=key.start + by, end=key.end + by)


def entries_of(node: MappingNode) -> dict[str, Entry]:
    """The entries of a map by the texts of their keys; a null counts as absent."""
    return {entry[0].text: entry for entry in node.entries if not entry[1].is_null}


def all_entries(node: MappingNode) -> dict[str, Entry]:
    """The entries of a map by the texts of their keys."""
    return {entry[0].text: entry for entry in node.entries}


def with_entries(node: Node, entries: Iterable[Entry]) -> MappingNode:
    """A map at the place of `node`, with these entries."""
    return MappingNode(tuple(entries), node.start, node.end, node.tag)


def without(node: MappingNode, keys: Iterable[str]) -> MappingNode:
    """The map without some keys."""
    left_out = frozenset(keys)
    return with_entries(node, (entry for entry in node.entries if entry[0].text not in left_out))


def listed(node: Node) -> tuple[Node, ...]:
    """The steps of a list of steps, which may be one step."""
    if isinstance(node, SequenceNode):
        return node.items
    return () if node.is_null else (node,)


def scalar(text: str, place: Node) -> ScalarNode:
    """A text that stands nowhere in a file, at the place of another node."""
    return ScalarNode(text, plain=True, start=place.start, end=place.end)


def mentions(node: Node, name: str) -> bool:
    """True when a text of the tree has `${name…` or `$name`."""
    if isinstance(node, ScalarNode):
        from prodigy_action.pure.templates.placeholders import mentioned_roots

        return name in mentioned_roots(node.text)
    if isinstance(node, SequenceNode):
        return any(mentions(item, name) for item in node.items)
    return any(mentions(value, name) for _, value in node.entries)


def merged_maps(own: Node, inherited: Node, depth: int) -> Node:
    """The own value over an inherited one: maps entry by entry down to `depth` levels, all else as a whole.

    Entries keep the inherited order, because a later variable of `env` may use an earlier one.
    """
    if depth == 0 or not isinstance(own, MappingNode) or not isinstance(inherited, MappingNode):
        return own
    mine, theirs = all_entries(own), all_entries(inherited)
    merged: Mapping[str, Entry] = {
        name: (mine[name][0], merged_maps(mine[name][1], entry[1], depth - 1)) if name in mine else entry
        for name, entry in theirs.items()
    }
    return with_entries(own, {**merged, **{name: mine[name] for name in mine if name not in merged}}.values())
