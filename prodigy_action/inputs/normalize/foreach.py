"""`foreach`: over a list or the lines of a command; its steps are inside it, or a key next to it."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields
from prodigy_action.inputs.normalize.values import any_list, boolean, filled_text, integer

PARALLEL_TRUE = 10
"""The number that `parallel: true` means."""


def _parallel(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, ScalarNode) and node.text in {"true", "false"}:
        return Located(PARALLEL_TRUE if node.text == "true" else 1, node)
    return integer(node, reading)


def _source(node: Node, reading: NormalizationContext) -> Located:
    """A list, or a command; the form of the value decides which."""
    return any_list(node, reading) if isinstance(node, SequenceNode) else filled_text(node, reading)


def _steps(node: Node, reading: NormalizationContext) -> Located:
    return reading.steps(node, reading)


_FOREACH = {
    "foreach": FieldSpec(_source, "items"),
    "items": FieldSpec(_source),
    "input": FieldSpec(_source, "items"),
    "do": FieldSpec(_steps, "steps"),
    "commands": FieldSpec(_steps, "steps"),
    "steps": FieldSpec(_steps),
    "parallel": FieldSpec(_parallel),
    "continue_on_error": FieldSpec(boolean),
    "max_items": FieldSpec(integer),
}


def foreach(node: Node, reading: NormalizationContext) -> Located:
    """The loop as a map; a bare list or command needs `do` as a key of the step."""
    if not isinstance(node, MappingNode):
        message = "`foreach` has no steps"
        return reading.broken(node, message, "write the steps under `do:`", "no-command")
    fields = read_fields(node, _FOREACH, reading, where="`foreach`")
    source = fields.get("items")
    if source is None:
        return reading.broken(node, "`foreach` has no list", "write `items: […]` or a command", "missing")
    if isinstance(source.value, str):
        fields["command"] = fields.pop("items")
    if "steps" not in fields:
        return reading.broken(node, "`foreach` has no steps", "write the steps under `do:`", "no-command")
    return Located(fields, node)
