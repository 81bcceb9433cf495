"""Every form of `on_failure`, `on_success` and `on_exit_code` to steps and the rules around them."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import BROKEN, Fields, Placed
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import Reading, Spelling, meant, read_fields, unused
from prodigy_action.inputs.normalize.values import boolean, duration, filled_text, integer, one_of

_CONTROL = {
    "strategy": Spelling(one_of("recovery", "fallback", "cleanup", "custom")),
    "max_attempts": Spelling(integer),
    "max_retries": Spelling(integer, "max_attempts"),
    "retry_original": Spelling(boolean),
    "fail_workflow": Spelling(boolean),
    "handler_failure_fatal": Spelling(boolean),
    "commit_required": Spelling(boolean),
    "stop_on_success": unused(),
}
_COMMAND_KEYS = ("shell", "claude", "write_file", "foreach", "test", "command", "goal_seek", "handler")


def command_text(node: Node, reading: Reading) -> Placed:
    """A command as one text: `/x` is an agent command, anything else is for the shell."""
    placed = filled_text(node, reading)
    if not isinstance(placed.value, str):
        return placed
    kind = "claude" if placed.value.lstrip().startswith("/") else "shell"
    return Placed({kind: placed}, node)


def handler_steps(node: Node, reading: Reading) -> Placed:
    """Steps of a handler: a text, a step, a list of texts and steps, or `shell` and `claude` side by side."""
    if isinstance(node, ScalarNode):
        return Placed([command_text(node, reading)], node)
    if isinstance(node, SequenceNode):
        return Placed([step for item in node.items for step in handler_steps(item, reading).items()], node)
    if "commands" in node.names:
        listed = node.get("commands")
        return handler_steps(listed, reading) if listed is not None else Placed([], node)
    if {"shell", "claude"} <= set(node.names):
        return Placed([step for part in _split(node) for step in reading.steps(part, reading).items()], node)
    return reading.steps(node, reading)


def _split(node: MappingNode) -> list[MappingNode]:
    """A map with a `shell` and a `claude` command as two steps; the other fields belong to the second."""
    first = next(key for key in node.names if key in {"shell", "claude"})
    entries = {key.text: (key, value) for key, value in node.entries}
    return [
        MappingNode((entries[first],), node.start, node.end),
        MappingNode(tuple(entry for key, entry in entries.items() if key != first), node.start, node.end),
    ]


def on_failure(node: Node, reading: Reading) -> Placed:
    """`true`, `false`, a text, a list, a step, or `{commands, strategy, …}`."""
    if isinstance(node, ScalarNode):
        if node.text in {"true", "false"}:
            ignore = Placed(True, node)
            return Placed({"ignore": ignore}, node) if node.text == "true" else Placed(None, node)
        return Placed({"steps": Placed([command_text(node, reading)], node)}, node)
    if isinstance(node, SequenceNode):
        return Placed({"steps": handler_steps(node, reading)}, node)
    return _handler(node, reading)


def _handler(node: MappingNode, reading: Reading) -> Placed:
    control = MappingNode(tuple(entry for entry in node.entries if entry[0].text in _CONTROL), node.start, node.end)
    fields = read_fields(control, _CONTROL, reading, where="`on_failure`")
    rest = MappingNode(tuple(entry for entry in node.entries if entry[0].text not in _CONTROL), node.start, node.end)
    if "commands" in rest.names:
        fields["steps"] = _listed_steps(rest, reading)
    elif any(key in _COMMAND_KEYS for key in rest.names):
        fields["steps"] = handler_steps(rest, reading)
    elif set(fields) == {"fail_workflow"} and not rest.entries:
        tolerant = fields["fail_workflow"].value is False
        return Placed({"ignore": Placed(True, node)}, node) if tolerant else Placed(None, node)
    else:
        usual = "write `true`, a command, a list of steps, or `{shell: …, max_attempts: …}`"
        hint = meant(rest, _COMMAND_KEYS, _CONTROL) or usual
        return reading.broken(node, "`on_failure` has no command", hint, "no-command")
    attempts = fields.get("max_attempts")
    if attempts is not None and attempts.value == 0:
        fields["max_attempts"] = Placed(1, attempts.node)
        fields["retry_original"] = Placed(False, attempts.node)
    return Placed(fields, node)


def _listed_steps(node: MappingNode, reading: Reading) -> Placed:
    """`commands` with a `timeout` for each of them that has none of its own."""
    table = {
        "commands": Spelling(handler_steps),
        "timeout": Spelling(duration),
        "capture": unused("name the `capture` at one of the commands"),
    }
    fields = read_fields(node, table, reading, where="`on_failure`")
    steps = fields.get("commands", Placed([], node))
    limit = fields.get("timeout")
    if limit is not None and limit.value is not BROKEN:
        for step in steps.items():
            if isinstance(step.value, dict):
                step.value.setdefault("timeout", limit)
    return steps


def on_exit_code(node: Node, reading: Reading) -> Placed:
    """Exit codes and what runs after them."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of exit codes and steps")
    fields: Fields = {}
    for key, value in node.entries:
        if integer(key, reading).value is not BROKEN:
            fields[key.text] = handler_steps(value, reading)
    return Placed(fields, node)
