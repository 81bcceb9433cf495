"""Phases and lists of steps of two documents, put together."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from prodigy_action.inputs.composition.trees import (
    Entry,
    all_entries,
    entries_of,
    listed,
    merged_maps,
    scalar,
    with_entries,
    without,
)
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode

STEP_KEYS: Final = ("commands", "steps")
_INDEX_KEYS = ("command_index", "index")


def as_phase(node: Node, *, steps: bool = False) -> MappingNode | None:
    """A phase as a map with `commands`; with `steps`, the node is a list of steps or one step. None for a text."""
    if isinstance(node, SequenceNode) or (steps and isinstance(node, MappingNode)):
        return with_entries(node, [(scalar("commands", node), node)])
    if not isinstance(node, MappingNode):
        return None
    entries = all_entries(node)
    if "steps" not in entries or "commands" in entries:
        return node
    key, value = entries["steps"]
    renamed = replace(key, text="commands")
    return with_entries(node, ((renamed, value) if entry is entries["steps"] else entry for entry in node.entries))


def merged_phase(own: Node, base: Node) -> Node:
    """The own phase over an inherited one: own steps replace the inherited ones, and what was captured from them."""
    mine, theirs = as_phase(own), as_phase(base)
    if mine is None or theirs is None:
        return own if mine is None else base  # the reader reports what is no phase
    if phase_steps(mine):
        theirs = without(theirs, ("commands", "capture_outputs"))
    else:
        mine = without(mine, ("commands",))
    return merged_maps(mine, theirs, 2)


def joined_phase(own: Node, other: Node, *, before: bool) -> Node:
    """The own phase with the steps of another one after its own, or `before` them."""
    mine, theirs = as_phase(own), as_phase(other)
    if mine is None or theirs is None:
        return own if mine is None else other
    own_steps, other_steps = phase_steps(mine), phase_steps(theirs)
    if before:
        mine = _shifted(mine, len(other_steps))
    else:
        theirs = _shifted(theirs, len(own_steps))
    steps = (*other_steps, *own_steps) if before else (*own_steps, *other_steps)
    merged = merged_maps(without(mine, STEP_KEYS), without(theirs, STEP_KEYS), 2)
    key, value = (
        entries_of(mine).get("commands") or entries_of(theirs).get("commands") or (scalar("commands", own), own)
    )
    entries: list[Entry] = [(key, SequenceNode(steps, value.start, value.end))] if steps else []
    return with_entries(own, [*entries, *(merged.entries if isinstance(merged, MappingNode) else ())])


def phase_steps(phase: MappingNode) -> tuple[Node, ...]:
    """The steps of a phase that `as_phase` gave."""
    found = phase.get("commands")
    return () if found is None else listed(found)


def template_steps(node: Node) -> tuple[Node, ...] | None:
    """The steps of `agent_template` in any of its forms; None for any other value."""
    if isinstance(node, MappingNode):
        inner = next((node.get(key) for key in STEP_KEYS if node.get(key) is not None), None)
        return None if inner is None else listed(inner)
    return node.items if isinstance(node, SequenceNode) else None


def joined_template(own: Node, other: Node) -> Node:
    """The steps of an agent, and after them those of another file's agent."""
    mine, theirs = template_steps(own), template_steps(other)
    if mine is None or theirs is None:
        return own if mine is None else other
    return SequenceNode((*mine, *theirs), own.start, own.end)


def _shifted(phase: MappingNode, by: int) -> MappingNode:
    """The phase with the step numbers of its `capture_outputs` moved by so many steps."""
    captures = phase.get("capture_outputs")
    if by == 0 or not isinstance(captures, MappingNode):
        return phase
    moved = with_entries(captures, ((key, _shifted_capture(value, by)) for key, value in captures.entries))
    return with_entries(
        phase, ((key, moved if key.text == "capture_outputs" else value) for key, value in phase.entries)
    )


def _shifted_capture(capture: Node, by: int) -> Node:
    if isinstance(capture, ScalarNode):
        return _shifted_number(capture, by)
    if not isinstance(capture, MappingNode):
        return capture
    return with_entries(
        capture,
        ((key, _shifted_number(value, by) if key.text in _INDEX_KEYS else value) for key, value in capture.entries),
    )


def _shifted_number(node: Node, by: int) -> Node:
    if isinstance(node, ScalarNode) and node.text.isdecimal() and len(node.text) < 10:
        return replace(node, text=str(int(node.text) + by))
    return node
