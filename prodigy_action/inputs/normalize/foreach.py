"""`foreach`: over a list or the lines of a command, with its steps inside or beside it."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import Placed
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import Reading, Spelling, read_fields
from prodigy_action.inputs.normalize.values import any_list, boolean, filled_text, integer

PARALLEL_TRUE = 10
"""What `parallel: true` means."""


def _parallel(node: Node, reading: Reading) -> Placed:
    if isinstance(node, ScalarNode) and node.text in {"true", "false"}:
        return Placed(PARALLEL_TRUE if node.text == "true" else 1, node)
    return integer(node, reading)


def _source(node: Node, reading: Reading) -> Placed:
    """A list, or a command; which of the two is told apart by the value."""
    return any_list(node, reading) if isinstance(node, SequenceNode) else filled_text(node, reading)


def _steps(node: Node, reading: Reading) -> Placed:
    return reading.steps(node, reading)


_FOREACH = {
    "foreach": Spelling(_source, "items"),
    "items": Spelling(_source),
    "input": Spelling(_source, "items"),
    "do": Spelling(_steps, "steps"),
    "commands": Spelling(_steps, "steps"),
    "steps": Spelling(_steps),
    "parallel": Spelling(_parallel),
    "continue_on_error": Spelling(boolean),
    "max_items": Spelling(integer),
}


def foreach(node: Node, reading: Reading) -> Placed:
    """The loop as a map; a bare list or command needs its `do` beside it."""
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
    return Placed(fields, node)
