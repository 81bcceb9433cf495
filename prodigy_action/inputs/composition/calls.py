"""Steps `workflow: NAME` with the sub-workflow in the place of the name, and the sub-workflows that no step names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prodigy_action.inputs.composition.merging import with_setup
from prodigy_action.inputs.composition.notes import CompositionNotes
from prodigy_action.inputs.composition.step_lists import joined_phase
from prodigy_action.inputs.composition.sub_workflows import CALLED_ONLY
from prodigy_action.inputs.composition.trees import (
    Entry,
    all_entries,
    entries_of,
    scalar,
    with_entries,
    without,
)
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode

_VALUES: Final = ("parameters", "with", "inputs")
_OF_THE_STEP: Final = ("timeout", "working_dir", "continue_on_error")
_NO_STEPS: Final = frozenset(
    {"items", "input", "env", "with", "parameters", "inputs", "values", "content", "profiles"}
    | {"secrets", "defaults", "capture_outputs"}
)
"""The keys below which no steps stand."""


def with_calls(document: MappingNode, notes: CompositionNotes) -> MappingNode:
    """The document without `workflows`: each sub-workflow stands where steps name it, or else before all steps.

    The sub-workflows that no step names run in their order, before the steps of `setup`.
    """
    written = document.get("workflows")
    definitions = written if isinstance(written, MappingNode) else None
    called: set[str] = set()

    def resolved(step: MappingNode, name: ScalarNode) -> MappingNode:
        called.add(name.text)
        found = definitions.get(name.text) if definitions is not None else None
        if isinstance(found, MappingNode):
            return _called(step, name, found, notes)
        known = definitions.names if definitions is not None else ()
        guess = suggest(name.text, known)
        hint = f"did you mean `{guess}`?" if guess else "define it under `workflows:`, or import its file with `alias`"
        notes.error(name, f"there is no sub-workflow `{name.text}`", hint, "unknown-name")
        return step

    changed = _mapped(without(document, ("workflows",)), resolved)
    if not isinstance(changed, MappingNode) or definitions is None:
        return document if not isinstance(changed, MappingNode) else changed
    steps: list[Node] = []
    for key, found in definitions.entries:
        if key.text in called or not isinstance(found, MappingNode):
            continue
        if found.tag == CALLED_ONLY:
            if "." not in key.text:
                hint = f"write the step `- workflow: {key.text}`, or remove `alias`"
                notes.warn(key, f"nothing runs the import `{key.text}`", hint, "no-effect")
            continue
        steps.append(_called(with_entries(found, [(scalar("workflow", key), key)]), key, found, notes))
    return _before_all(changed, steps, definitions)


def _before_all(document: MappingNode, steps: list[Node], place: Node) -> MappingNode:
    if not steps:
        return document
    entries = with_setup(document)
    phase = with_entries(place, [(scalar("commands", place), SequenceNode(tuple(steps), place.start, place.end))])
    own = entries.get("setup")
    merged = phase if own is None else joined_phase(own[1], phase, before=True)
    entries["setup"] = (own[0] if own is not None else scalar("setup", place), merged)
    return with_entries(document, entries.values())


def _called(step: MappingNode, name: ScalarNode, found: MappingNode, notes: CompositionNotes) -> MappingNode:
    """A step with the definition of its sub-workflow, and with the values that the step gives to it."""
    given: dict[str, Entry] = {}
    for group in _VALUES:
        inner = step.get(group)
        given.update(all_entries(inner) if isinstance(inner, MappingNode) else {})
    definition = entries_of(found)
    values = {**_named(definition.get("values")), **given}
    needed = definition["needed"][1] if "needed" in definition else None
    for each in needed.items if isinstance(needed, SequenceNode) else ():
        if isinstance(each, ScalarNode) and each.text not in values:
            hint = f"write `parameters: {{{each.text}: …}}`"
            notes.error(name, f"the sub-workflow `{name.text}` needs the parameter `{each.text}`", hint, "missing")
    inner_entries: list[Entry] = [
        (scalar("name", name), name),
        (scalar("values", name), with_entries(name, values.values())),
        *(definition[key] for key in ("steps", "outputs", "env") if key in definition),
    ]
    if step.get("outputs") is not None:
        inner_entries = [entry for entry in inner_entries if entry[0].text != "outputs"]
        inner_entries.append(entries_of(step)["outputs"])
    outer = all_entries(without(step, (*_VALUES, "outputs")))
    outer["workflow"] = (outer["workflow"][0], with_entries(name, inner_entries))
    for key in _OF_THE_STEP:
        if key in definition:
            outer.setdefault(key, definition[key])
    return with_entries(step, outer.values())


def _named(entry: Entry | None) -> dict[str, Entry]:
    return all_entries(entry[1]) if entry is not None and isinstance(entry[1], MappingNode) else {}


def _mapped(node: Node, resolved: Callable[[MappingNode, ScalarNode], MappingNode]) -> Node:
    """The tree with every step that has `workflow: NAME` replaced, also inside other steps."""
    if isinstance(node, SequenceNode):
        return SequenceNode(tuple(_mapped(item, resolved) for item in node.items), node.start, node.end, node.tag)
    if not isinstance(node, MappingNode):
        return node
    changed = MappingNode(
        tuple((key, value if key.text in _NO_STEPS else _mapped(value, resolved)) for key, value in node.entries),
        node.start,
        node.end,
        node.tag,
    )
    name = changed.get("workflow")
    return resolved(changed, name) if isinstance(name, ScalarNode) and not name.is_null else changed
