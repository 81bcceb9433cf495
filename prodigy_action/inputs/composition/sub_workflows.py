"""`workflows`: the definitions of sub-workflows, each with the steps of its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from prodigy_action.inputs.composition.definitions import definitions
from prodigy_action.inputs.composition.merging import as_document, with_setup
from prodigy_action.inputs.composition.notes import CompositionNotes
from prodigy_action.inputs.composition.references import PLACEHOLDER
from prodigy_action.inputs.composition.step_lists import STEP_KEYS, as_phase, phase_steps
from prodigy_action.inputs.composition.trees import (
    Entry,
    entries_of,
    mentions,
    merged_maps,
    scalar,
    with_entries,
    without,
)
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode, describe

WORKFLOWS_KEYS: Final = ("workflows", "sub_workflows")
CALLED_ONLY: Final = "called-only"
"""The tag of a definition that runs only where a step names it."""

_FIELDS = (
    *("name", "source", "parameters", "inputs", "outputs", "parallel", "continue_on_error", "timeout", "working_dir"),
    *("env", "description", *STEP_KEYS),
)
_WITHOUT_EFFECT = ("secrets", "env_files", "profiles", "handlers", "reduce", "merge", "error_policy", "retry_defaults")
_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "any"})


def read_workflows(node: Node | None, notes: CompositionNotes) -> Iterator[tuple[ScalarNode, MappingNode]]:
    """The entries of `workflows`: a map by name, or a list with `name`. A bare list of steps is one, too."""
    if node is None or node.is_null:
        return
    if isinstance(node, MappingNode):
        found = [(key, value) for key, value in node.entries]
    elif isinstance(node, SequenceNode):
        found = []
        for item in node.items:
            name = item.get("name") if isinstance(item, MappingNode) else None
            if isinstance(name, ScalarNode) and name.text:
                found.append((name, item))
            else:
                notes.error(item, "a sub-workflow without a name", "write `- name: …`", "missing")
    else:
        notes.error(node, f"expected a map of sub-workflows, found {describe(node)}", code="wrong-type")
        return
    for key, value in found:
        if isinstance(value, SequenceNode):
            yield key, with_entries(value, [(scalar("steps", value), value)])
        elif isinstance(value, ScalarNode) and not value.is_null:
            yield key, with_entries(value, [(scalar("source", value), value)])
        elif isinstance(value, MappingNode):
            yield key, value
        else:
            notes.error(
                value, f"expected a sub-workflow, found {describe(value)}", "write `source: FILE`", "wrong-type"
            )


def defined(
    name: ScalarNode,
    entry: MappingNode,
    open_document: Callable[[Node, Mapping[str, str]], Node | None],
    notes: CompositionNotes,
) -> MappingNode | None:
    """A definition with the steps of its source in the place of `source`; None after its problem was noted.

    `open_document` reads the file that a node names, with the texts that the entry gives to its parameters.
    Its keys are then `steps`, `values`, `needed`, `env` and `outputs`, and those that go to its step.
    """
    for key, _ in entry.entries:
        if key.text not in _FIELDS:
            notes.unknown_key(key, _FIELDS, "a sub-workflow")
    given = entries_of(entry)
    if "parallel" in given and getattr(given["parallel"][1], "text", "") == "true":
        message = "sub-workflows run one after the other, because they share one worktree"
        notes.warn(given["parallel"][0], message, "remove it, or make the work items of a map", "no-effect")
    if "source" in given:
        root = open_document(
            given["source"][1], _texts([*_entries(given.get("parameters")), *_entries(given.get("inputs"))])
        )
        document = None if root is None else as_document(root)
        if document is None:
            return None
    else:
        document = without(entry, ("inputs", "outputs", "continue_on_error", "working_dir", "parallel", "name"))
    parts = _parts(name, document, notes)
    if parts is None:
        return None
    entries: dict[str, Entry] = {**parts, **_own_fields(given, parts)}
    entries.update(_values(name, given, document, notes))
    return with_entries(entry, entries.values())


def _own_fields(given: Mapping[str, Entry], parts: Mapping[str, Entry]) -> dict[str, Entry]:
    """What an entry says itself about its step; its variables are added to those of its file."""
    kept = {key: given[key] for key in ("outputs", "continue_on_error", "timeout", "working_dir") if key in given}
    if "env" in given:
        key, own = given["env"]
        kept["env"] = (key, merged_maps(own, parts["env"][1], 1) if "env" in parts else own)
    return kept


def _parts(name: ScalarNode, document: MappingNode, notes: CompositionNotes) -> dict[str, Entry] | None:
    """The steps, the variables and the time limit of a document."""
    found = with_setup(document)
    if "map" in found:
        hint = "a sub-workflow is a list of steps; a map has a file of its own"
        notes.error(found["map"][0], f"the sub-workflow `{name.text}` has a `map`", hint, "conflicting-keys")
        return None
    for key in _WITHOUT_EFFECT:
        if key in found:
            message = f"`{key}` of a sub-workflow has no effect"
            notes.warn(found[key][0], message, "write it in the file that is run", "no-effect")
    phase = as_phase(found["setup"][1]) if "setup" in found else None
    steps = phase_steps(phase) if phase is not None else ()
    if phase is None or not steps:
        notes.error(name, f"the sub-workflow `{name.text}` has no steps", "write `source: FILE` or `steps:`", "empty")
        return None
    if phase.get("capture_outputs") is not None:
        place = entries_of(phase)["capture_outputs"][0]
        notes.warn(
            place, "`capture_outputs` of a sub-workflow has no effect", "use `capture` in its steps", "no-effect"
        )
    parts: dict[str, Entry] = {"steps": (scalar("steps", phase), SequenceNode(steps, phase.start, phase.end))}
    return parts | {key: found[key] for key in ("env", "timeout") if key in found}


def _values(
    name: ScalarNode, given: Mapping[str, Entry], document: MappingNode, notes: CompositionNotes
) -> dict[str, Entry]:
    """`values`: those that are given to the parameters, over the defaults; `needed`: the parameters without a value."""
    inline = "source" not in given
    written = document.get("parameters")
    found = definitions(written) if written is not None else None
    known = {key.text: (key, value) for key, value in (found.entries if found is not None else ())}
    defaults = document.get("defaults")
    values: dict[str, Entry] = {}
    for key, value in defaults.entries if isinstance(defaults, MappingNode) else ():
        values[key.text] = (key, value)
    for key, fields in known.values():
        default = fields.get("default") if isinstance(fields, MappingNode) else None
        is_type = inline and isinstance(default, ScalarNode) and default.text in _TYPES
        if default is not None and not is_type:
            values[key.text] = (key, default)
    passed = [*(() if inline else _entries(given.get("parameters"))), *_entries(given.get("inputs"))]
    for key, value in passed:
        if key.text not in {*known, *values} and not mentions(document, key.text):
            guess = suggest(key.text, {*known, *values})
            hint = f"did you mean `{guess}`?" if guess else "remove it, or use it in the file as `${…}`"
            notes.warn(key, f"nothing in the sub-workflow `{name.text}` uses `{key.text}`", hint, "unused-value")
        values[key.text] = (key, value)
    needed = [key for key, fields in known.values() if _is_required(fields) and key.text not in values]
    return {
        "values": (scalar("values", name), with_entries(name, values.values())),
        "needed": (scalar("needed", name), SequenceNode(tuple(needed), name.start, name.end)),
    }


def _entries(entry: Entry | None) -> tuple[Entry, ...]:
    return entry[1].entries if entry is not None and isinstance(entry[1], MappingNode) else ()


def _is_required(fields: Node) -> bool:
    required = fields.get("required") if isinstance(fields, MappingNode) else None
    return isinstance(required, ScalarNode) and required.text == "true"


def default_texts(document: MappingNode) -> dict[str, str]:
    """The default values of the parameters of a document that are plain texts."""
    written, defaults = document.get("parameters"), document.get("defaults")
    known = definitions(written) if written is not None else None
    found = [(key, fields.get("default")) for key, fields in _maps(known)]
    found += list(defaults.entries) if isinstance(defaults, MappingNode) else []
    return {name: text for name, text in _texts(found).items() if "$" not in text}


def _texts(entries: Iterable[tuple[ScalarNode, Node | None]]) -> dict[str, str]:
    return {key.text: value.text for key, value in entries if isinstance(value, ScalarNode)}


def _maps(node: MappingNode | None) -> Iterator[tuple[ScalarNode, MappingNode]]:
    for key, value in node.entries if node is not None else ():
        if isinstance(value, MappingNode):
            yield key, value


def substituted(node: Node, values: Mapping[str, str]) -> Node:
    """A text with the values that are known when files are read."""
    if not isinstance(node, ScalarNode) or "${" not in node.text:
        return node
    return ScalarNode(filled(node.text, values), plain=False, start=node.start, end=node.end, style=node.style)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with those of its `${NAME}` replaced that are known when files are read."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def aliased(alias: ScalarNode, document: MappingNode, notes: CompositionNotes) -> MappingNode:
    """An imported file as definitions that run only where a step names them: `ALIAS`, and `ALIAS.NAME` for each of its
    own sub-workflows.
    """
    found: list[Entry] = []
    inner = document.get("workflows")
    own = without(document, ("workflows",))
    setup = with_setup(own).get("setup")
    if setup is not None or not isinstance(inner, MappingNode):
        source = with_entries(alias, [(scalar("source", alias), alias)])
        definition = defined(alias, source, lambda _name, _given: own, notes)
        found += [] if definition is None else [(alias, replace(definition, tag=CALLED_ONLY))]
    for key, value in inner.entries if isinstance(inner, MappingNode) else ():
        if isinstance(value, MappingNode):
            name = scalar(f"{alias.text}.{key.text}", alias)
            found.append((name, replace(value, tag=CALLED_ONLY)))
    return with_entries(alias, [(scalar("workflows", alias), with_entries(alias, found))])
