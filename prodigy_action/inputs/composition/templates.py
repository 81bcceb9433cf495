"""`template`: the forms of the key, the values that it gives to parameters, and the fields that it overrides."""

from __future__ import annotations

import re

from prodigy_action.dataclass import dataclass
from prodigy_action.inputs.composition.definitions import definitions, with_defaults
from prodigy_action.inputs.composition.notes import CompositionNotes
from prodigy_action.inputs.composition.step_lists import STEP_KEYS
from prodigy_action.inputs.composition.trees import Entry, all_entries, mentions, scalar, with_entries, without
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode, describe

_FIELDS = ("name", "source", "with", "override", "description")
_SOURCES = ("file", "registry", "url")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Template:
    """The key `template` of a file."""

    source: Node
    values: MappingNode | None = None
    overrides: MappingNode | None = None


def read_template(node: Node | None, notes: CompositionNotes) -> Template | None:
    """`template` as a name, or as `{name, source, with, override}`; None when it is absent or wrong."""
    if node is None or node.is_null:
        return None
    if isinstance(node, ScalarNode):
        return Template(node)
    if not isinstance(node, MappingNode):
        notes.error(node, f"expected a template, found {describe(node)}", "write `source: NAME`", "wrong-type")
        return None
    _warn_unknown(node, _FIELDS, "`template`", notes)
    source = node.get("source") or node.get("name")
    if isinstance(source, MappingNode):
        _warn_unknown(source, _SOURCES, "`source`", notes)
        source = next((found for key in _SOURCES if (found := source.get(key)) is not None), None)
    if source is None:
        notes.error(node, "`template.source` is missing", "write `source: NAME` or `source: {file: PATH}`", "missing")
        return None
    return Template(source, _map_of(node, "with", notes), _map_of(node, "override", notes))


def _map_of(node: MappingNode, key: str, notes: CompositionNotes) -> MappingNode | None:
    found = node.get(key)
    if found is None or found.is_null:
        return None
    if not isinstance(found, MappingNode):
        notes.error(found, f"expected a map in `{key}`, found {describe(found)}", code="wrong-type")
        return None
    return found


def _warn_unknown(node: MappingNode, known: tuple[str, ...], where: str, notes: CompositionNotes) -> None:
    for key, _ in node.entries:
        if key.text not in known:
            notes.unknown_key(key, known, where)


def instantiated(document: MappingNode, template: Template, notes: CompositionNotes) -> MappingNode:
    """The document of a template with the overridden fields, and with the given values of its parameters."""
    if template.overrides is not None:
        for key, value in template.overrides.entries:
            document = _overridden(document, key, value, notes)
    return document if template.values is None else with_values(document, template.values, notes)


def with_values(document: MappingNode, values: MappingNode, notes: CompositionNotes) -> MappingNode:
    """The document with values for its parameters; a value with `${…}` becomes a variable of `env`, which is replaced
    when the run starts.
    """
    entries = all_entries(document)
    written = entries["parameters"][1] if "parameters" in entries else with_entries(values, ())
    known = definitions(written)
    if known is None:
        return document  # the reader reports it
    defaults = document.get("defaults")
    names = {*known.names, *(defaults.names if isinstance(defaults, MappingNode) else ())}
    for key, _ in values.entries:
        if key.text not in names and not mentions(document, key.text):
            guess = suggest(key.text, names)
            hint = f"did you mean `{guess}`?" if guess else "remove it, or use it in the template as `${…}`"
            notes.warn(key, f"nothing in the template uses `{key.text}`", hint, "unused-value")
    computed = [entry for entry in values.entries if isinstance(entry[1], ScalarNode) and "$" in entry[1].text]
    for key, _ in computed:
        if not _VARIABLE.fullmatch(key.text):
            notes.error(key, f"{key.text!r} is no name of a variable", "use letters, digits and `_`", "bad-name")
    fixed = without(values, (key.text for key, _ in computed))
    given = with_defaults(without(known, (key.text for key, _ in computed)), fixed)
    entries["parameters"] = (entries.get("parameters", (scalar("parameters", values), values))[0], given)
    if isinstance(defaults, MappingNode):
        entries["defaults"] = (entries["defaults"][0], without(defaults, values.names))
    if computed:
        entries["env"] = _environment(entries.get("env"), values, computed)
    return with_entries(document, entries.values())


def _environment(known: Entry | None, values: MappingNode, computed: list[Entry]) -> Entry:
    """The `env` of the template after the given values, which its own variables may use."""
    if known is None or not isinstance(known[1], MappingNode):
        return (scalar("env", values), with_entries(values, computed))
    given = {key.text for key, _ in computed}
    return (known[0], with_entries(known[1], [*computed, *(e for e in known[1].entries if e[0].text not in given)]))


def _overridden(document: MappingNode, key: ScalarNode, value: Node, notes: CompositionNotes) -> MappingNode:
    path = key.text.split(".")
    if path[0] in STEP_KEYS and document.get(path[0]) is None:
        path[0] = next((name for name in STEP_KEYS if document.get(name) is not None), path[0])
    changed = _replaced(document, path, key, value)
    if isinstance(changed, MappingNode):
        return changed
    notes.error(key, f"the template has no `{key.text}` to override", "write the path of a field of it", "unknown-name")
    return document


def _replaced(node: Node | None, path: list[str], key: ScalarNode, value: Node) -> Node | None:
    """The tree with the value at a dotted path; a missing field of a map is added. None when a list has no such entry,
    or a text stands on the way.
    """
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(node, SequenceNode):
        if not first.isdecimal() or int(first) >= len(node.items):
            return None
        index = int(first)
        inner = _replaced(node.items[index], rest, key, value)
        items = (*node.items[:index], inner, *node.items[index + 1 :]) if inner is not None else ()
        return SequenceNode(items, node.start, node.end, node.tag) if inner is not None else None
    if node is not None and not isinstance(node, MappingNode):
        return None
    entries = all_entries(node) if node is not None else {}
    inner = _replaced(entries[first][1] if first in entries else None, rest, key, value)
    if inner is None:
        return None
    place = node if node is not None else value
    entries[first] = (entries[first][0] if first in entries else scalar(first, key), inner)
    return with_entries(place, entries.values())


def fixed_values(template: Template) -> dict[str, str]:
    """The values of `with` that are known when files are read."""
    entries = template.values.entries if template.values is not None else ()
    return {key.text: value.text for key, value in entries if isinstance(value, ScalarNode) and "$" not in value.text}
