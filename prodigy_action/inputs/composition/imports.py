"""`imports`: the forms of an entry, and the parts of a file that `selective` takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prodigy_action.dataclass import dataclass
from prodigy_action.inputs.composition.definitions import definitions
from prodigy_action.inputs.composition.merging import with_setup
from prodigy_action.inputs.composition.notes import CompositionNotes
from prodigy_action.inputs.composition.step_lists import as_phase, phase_steps
from prodigy_action.inputs.composition.trees import Entry, all_entries, listed, with_entries
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode, describe

_FIELDS = ("path", "alias", "selective")


@dataclass(frozen=True, slots=True)
class Import:
    """One entry of `imports`."""

    path: Node
    alias: ScalarNode | None = None
    selective: tuple[Node, ...] = ()


def read_imports(node: Node | None, notes: CompositionNotes) -> Iterator[Import]:
    """The entries of `imports`: paths, or `{path, alias, selective}`."""
    if node is None or node.is_null:
        return
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        if isinstance(item, ScalarNode):
            yield Import(item)
        elif isinstance(item, MappingNode) and item.get("path") is not None:
            yield _read_import(item, notes)
        else:
            found = "a map without `path`" if isinstance(item, MappingNode) else describe(item)
            notes.error(item, f"expected a path in `imports`, found {found}", "write `- path: FILE`", "wrong-type")


def _read_import(item: MappingNode, notes: CompositionNotes) -> Import:
    entries = all_entries(item)
    for name, (key, _) in entries.items():
        if name not in _FIELDS:
            notes.unknown_key(key, _FIELDS, "an import")
    alias = item.get("alias")
    if alias is not None and not isinstance(alias, ScalarNode):
        notes.error(alias, "`alias` is a name", code="wrong-type")
    chosen = item.get("selective")
    return Import(
        entries["path"][1],
        alias if isinstance(alias, ScalarNode) and not alias.is_null else None,
        () if chosen is None else listed(chosen),
    )


def selected(other: MappingNode, chosen: Import, notes: CompositionNotes) -> MappingNode:
    """The parts of a document that `selective` names: steps by number, name or id, sub-workflows, parameters.

    After an unknown name was noted, all parts.
    """
    setup = with_setup(other).get("setup")
    phase = as_phase(setup[1]) if setup is not None else None
    steps = phase_steps(phase) if phase is not None else ()
    named = {name.text: step for step in steps for name in _names(step)}
    parameters = definitions(found) if (found := other.get("parameters")) is not None else None
    inner = other.get("workflows")
    workflows = inner if isinstance(inner, MappingNode) else None
    taken: list[Node] = []
    all_known = True
    entries: dict[str, list[Entry]] = {"parameters": [], "workflows": []}
    for wanted in chosen.selective:
        name = wanted.text if isinstance(wanted, ScalarNode) else ""
        if name.isdecimal() and int(name) < len(steps):
            taken.append(steps[int(name)])
        elif workflows is not None and workflows.get(name) is not None:
            entries["workflows"].append(all_entries(workflows)[name])
        elif parameters is not None and parameters.get(name) is not None:
            entries["parameters"].append(all_entries(parameters)[name])
        elif name in named:
            taken.append(named[name])
        else:
            known = [*named, *(workflows.names if workflows else ()), *(parameters.names if parameters else ())]
            guess = suggest(name, known)
            hint = f"did you mean `{guess}`?" if guess else "name a step by its number, `name` or `id`, or a parameter"
            notes.error(wanted, f"the imported file has no {describe(wanted)}", hint, "unknown-name")
            all_known = False
    if not all_known:
        return other
    kept: list[Entry] = [
        (written, with_entries(value, entries[written.text]))
        for written, value in other.entries
        if entries.get(written.text)
    ]
    if taken and setup is not None:
        kept.append((replace(setup[0], text="commands"), SequenceNode(tuple(taken), setup[1].start, setup[1].end)))
    return with_entries(other, kept)


def _names(step: Node) -> Iterator[ScalarNode]:
    for key in ("name", "id"):
        name = step.get(key) if isinstance(step, MappingNode) else None
        if isinstance(name, ScalarNode):
            yield name
