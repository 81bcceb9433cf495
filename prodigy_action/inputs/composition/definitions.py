"""Parameters of a document in all their forms, as one map of definitions."""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_action.inputs.composition.trees import Entry, all_entries, merged_maps, scalar, with_entries, without
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode

_GROUPS = {"required": SequenceNode, "optional": SequenceNode, "definitions": MappingNode}


def definitions(node: Node) -> MappingNode | None:
    """`parameters` as `{NAME: {type, default, …}}`; None when it is neither a map nor a list of named parameters."""
    if any(_name_of(item) is None for item in _listed_items(node)):
        return None
    if isinstance(node, SequenceNode):
        return with_entries(node, dict(_of_list(node)).values())
    if not isinstance(node, MappingNode):
        return None
    if not node.entries or not all(isinstance(value, _GROUPS.get(key.text, ())) for key, value in node.entries):
        return with_entries(node, ((key, _definition(value)) for key, value in node.entries))
    found: dict[str, Entry] = {}
    for _, value in node.entries:
        if isinstance(value, MappingNode):
            found.update({key.text: (key, _definition(part)) for key, part in value.entries})
    for group, value in node.entries:
        if isinstance(value, SequenceNode):
            for name, (key, fields) in _of_list(value):
                extra = [(scalar("required", key), scalar("true", key))] if group.text == "required" else []
                listed = with_entries(fields, [*fields.entries, *(extra if fields.get("required") is None else ())])
                known = found.get(name)
                found[name] = (key, listed if known is None else merged_maps(known[1], listed, 1))
    return with_entries(node, found.values())


def with_defaults(node: MappingNode, values: MappingNode) -> MappingNode:
    """Definitions with other default values; a parameter that is not defined gets a definition."""
    found = all_entries(node)
    for key, value in values.entries:
        known = found.get(key.text)
        given = ScalarNode("", plain=False, start=value.start, end=value.end) if value.is_null else value
        fields = known[1] if known is not None and isinstance(known[1], MappingNode) else with_entries(value, ())
        entries = [*without(fields, ("default",)).entries, (scalar("default", value), given)]
        found[key.text] = (key, with_entries(value, entries))
    return with_entries(node, found.values())


def _definition(value: Node) -> MappingNode:
    if isinstance(value, MappingNode):
        return value
    return with_entries(value, [] if value.is_null else [(scalar("default", value), value)])


def _listed_items(node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.items
    elif isinstance(node, MappingNode):
        for key, value in node.entries:
            if key.text in _GROUPS and isinstance(value, SequenceNode):
                yield from value.items


def _name_of(item: Node) -> ScalarNode | None:
    name = item.get("name") if isinstance(item, MappingNode) else item
    return name if isinstance(name, ScalarNode) and name.text else None


def _of_list(node: SequenceNode) -> Iterator[tuple[str, tuple[ScalarNode, MappingNode]]]:
    for item in node.items:
        name = _name_of(item)
        if name is not None:
            fields = without(item, ("name",)) if isinstance(item, MappingNode) else with_entries(item, ())
            yield name.text, (name, fields)
