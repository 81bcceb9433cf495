"""Two workflow documents become one: what a file inherits (`extends`), and what is added to it (`imports`, `template`).

Both ways the own value wins. Maps are merged entry by entry; of lists of steps `extends` takes the own list, while
an import or a template adds its steps after the own ones. The rules for readers are in `docs/reference/composition.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prodigy_action.inputs.composition.definitions import definitions
from prodigy_action.inputs.composition.step_lists import (
    STEP_KEYS,
    as_phase,
    joined_phase,
    joined_template,
    merged_phase,
    template_steps,
)
from prodigy_action.inputs.composition.trees import Entry, all_entries, entries_of, merged_maps, scalar, with_entries
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, SequenceNode

_LEVELS: Final[Mapping[str, int]] = {
    "env": 1,
    "secrets": 1,
    "handlers": 1,
    "defaults": 1,
    "workflows": 1,
    "circuit_breaker": 1,
    "retry_config": 1,
    "retry_defaults": 1,
    "error_policy": 2,
    "profiles": 3,
    "map": 3,
}
"""How deep the maps of a key are merged; those of other keys are one value."""
_OF_ONE_FILE = frozenset({"name", "mode", "description", "version", "author", "$schema"})
"""What an import does not give to the file that imports it."""


def as_document(root: Node) -> MappingNode | None:
    """The map of a workflow; of a bare list of steps, one with `commands`. None for a text."""
    if isinstance(root, MappingNode):
        return root
    return with_entries(root, [(scalar("commands", root), root)]) if isinstance(root, SequenceNode) else None


def extended(own: MappingNode, base: MappingNode) -> MappingNode:
    """The own document over the one that it extends."""
    mine, theirs = with_setup(own), with_setup(base)
    merged: dict[str, Entry] = {**theirs, **mine}
    for name in mine.keys() & theirs.keys():
        key, value = mine[name]
        merged[name] = (key, _extended_value(name, value, theirs[name][1]))
    return with_entries(own, _own_first(mine, merged))


def added(own: MappingNode, other: MappingNode, *, imported: bool) -> MappingNode:
    """The own document, and after its steps those of an imported file or of a template.

    What sets up runs first: the `setup` of the other comes before the own steps when these are a plain list.
    """
    mine, theirs = with_setup(own), with_setup(other)
    if imported:
        theirs = {name: entry for name, entry in theirs.items() if name not in _OF_ONE_FILE}
    merged: dict[str, Entry] = {**theirs, **mine}
    sets_up_first = "setup" not in entries_of(own) and "setup" in entries_of(other)
    for name in mine.keys() & theirs.keys():
        key, value = mine[name]
        merged[name] = (key, _added_value(name, value, theirs[name][1], sets_up_first=sets_up_first))
    return with_entries(own, _own_first(mine, merged))


def _own_first(mine: Mapping[str, Entry], merged: Mapping[str, Entry]) -> list[Entry]:
    return [merged[name] for name in mine] + [entry for name, entry in merged.items() if name not in mine]


def with_setup(document: MappingNode) -> dict[str, Entry]:
    """The entries of a document that are not empty, with the steps of a standard workflow as its `setup`.

    A document with two places for steps is left as it is: the reader reports it.
    """
    entries = {name: entry for name, entry in all_entries(document).items() if not entry[1].is_null}
    listed = [name for name in STEP_KEYS if name in entries]
    if len(listed) != 1 or entries.keys() & {"setup", "map"}:
        return entries
    key, value = entries[listed[0]]
    return {("setup" if name in listed else name): entry for name, entry in entries.items()} | {
        "setup": (scalar("setup", key), as_phase(value, steps=True) or value)
    }


def _extended_value(name: str, own: Node, base: Node) -> Node:
    if name in {"setup", "reduce", "merge"}:
        return merged_phase(own, base)
    if name == "map" and isinstance(own, MappingNode) and isinstance(base, MappingNode):
        return _merged_map(own, base, joining=False)
    if name == "parameters":
        return _merged_parameters(own, base)
    return merged_maps(own, base, _LEVELS.get(name, 0))


def _added_value(name: str, own: Node, other: Node, *, sets_up_first: bool) -> Node:
    if name in {"setup", "reduce", "merge"}:
        return joined_phase(own, other, before=sets_up_first and name == "setup")
    if name == "map" and isinstance(own, MappingNode) and isinstance(other, MappingNode):
        return _merged_map(own, other, joining=True)
    if name == "parameters":
        return _merged_parameters(own, other)
    if name == "env_files" and isinstance(own, SequenceNode) and isinstance(other, SequenceNode):
        return SequenceNode((*other.items, *own.items), own.start, own.end)  # later files win
    return merged_maps(own, other, _LEVELS.get(name, 0))


def _merged_map(own: MappingNode, other: MappingNode, *, joining: bool) -> Node:
    merged = merged_maps(own, other, _LEVELS["map"])
    mine, theirs = entries_of(own).get("agent_template"), entries_of(other).get("agent_template")
    if not isinstance(merged, MappingNode) or mine is None or theirs is None:
        return merged
    chosen = joined_template(mine[1], theirs[1]) if joining else _chosen_template(mine[1], theirs[1])
    return with_entries(
        merged, ((key, chosen if key.text == "agent_template" else value) for key, value in merged.entries)
    )


def _chosen_template(own: Node, base: Node) -> Node:
    steps = template_steps(own)
    return base if steps is not None and not steps else own


def _merged_parameters(own: Node, other: Node) -> Node:
    mine, theirs = definitions(own), definitions(other)
    if mine is None or theirs is None:
        return own if mine is None else other  # the reader reports what is wrong with it
    return merged_maps(mine, theirs, 2)
