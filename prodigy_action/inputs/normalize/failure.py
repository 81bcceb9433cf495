"""Every form of `on_failure`, `on_success` and `on_exit_code`, rewritten to steps and their rules."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, meant, read_fields, unused
from prodigy_action.inputs.normalize.values import boolean, duration, filled_text, integer, one_of

_CONTROL = {
    "strategy": FieldSpec(one_of("recovery", "fallback", "cleanup", "custom")),
    "max_attempts": FieldSpec(integer),
    "max_retries": FieldSpec(integer, "max_attempts"),
    "retry_original": FieldSpec(boolean),
    "fail_workflow": FieldSpec(boolean),
    "handler_failure_fatal": FieldSpec(boolean),
    "commit_required": FieldSpec(boolean),
    "stop_on_success": unused(),
}
_COMMAND_KEYS = ("shell", "claude", "write_file", "foreach", "workflow", "test", "command", "goal_seek", "handler")


def command_text(node: Node, reading: NormalizationContext) -> Located:
    """A command as one text: `/x` is an agent command, anything else is for the shell."""
    placed = filled_text(node, reading)
    if not isinstance(placed.value, str):
        return placed
    kind = "claude" if placed.value.lstrip().startswith("/") else "shell"
    return Located({kind: placed}, node)


def handler_steps(node: Node, reading: NormalizationContext) -> Located:
    """Steps of a handler: a text, a step, a list of texts and steps, or a map with `shell` and `claude`."""
    if isinstance(node, ScalarNode):
        return Located([command_text(node, reading)], node)
    if isinstance(node, SequenceNode):
        return Located([step for item in node.items for step in handler_steps(item, reading).items()], node)
    if "commands" in node.names:
        listed = node.get("commands")
        return handler_steps(listed, reading) if listed is not None else Located([], node)
    if {"shell", "claude"} <= set(node.names):
        return Located([step for part in _split(node) for step in reading.steps(part, reading).items()], node)
    return reading.steps(node, reading)


def _split(node: MappingNode) -> list[MappingNode]:
    """A map with a `shell` and a `claude` command as two steps; the other fields belong to the second."""
    first = next(key for key in node.names if key in {"shell", "claude"})
    entries = {key.text: (key, value) for key, value in node.entries}
    return [
        MappingNode((entries[first],), node.start, node.end),
        MappingNode(tuple(entry for key, entry in entries.items() if key != first), node.start, node.end),
    ]


def on_failure(node: Node, reading: NormalizationContext) -> Located:
    """`true`, `false`, a text, a list, a step, or `{commands, strategy, …}`."""
    if isinstance(node, ScalarNode):
        if node.text in {"true", "false"}:
            ignore = Located(True, node)
            return Located({"ignore": ignore}, node) if node.text == "true" else Located(None, node)
        return Located({"steps": Located([command_text(node, reading)], node)}, node)
    if isinstance(node, SequenceNode):
        return Located({"steps": handler_steps(node, reading)}, node)
    return _handler(node, reading)


def _handler(node: MappingNode, reading: NormalizationContext) -> Located:
    control = MappingNode(tuple(entry for entry in node.entries if entry[0].text in _CONTROL), node.start, node.end)
    fields = read_fields(control, _CONTROL, reading, where="`on_failure`")
    rest = MappingNode(tuple(entry for entry in node.entries if entry[0].text not in _CONTROL), node.start, node.end)
    if "commands" in rest.names:
        fields["steps"] = _listed_steps(rest, reading)
    elif any(key in _COMMAND_KEYS for key in rest.names):
        fields["steps"] = handler_steps(rest, reading)
    elif set(fields) == {"fail_workflow"} and not rest.entries:
        tolerant = fields["fail_workflow"].value is False
        return Located({"ignore": Located(True, node)}, node) if tolerant else Located(None, node)
    else:
        usual = "write `true`, a command, a list of steps, or `{shell: …, max_attempts: …}`"
        hint = meant(rest, _COMMAND_KEYS, _CONTROL) or usual
        return reading.broken(node, "`on_failure` has no command", hint, "no-command")
    attempts = fields.get("max_attempts")
    if attempts is not None and attempts.value == 0:
        fields["max_attempts"] = Located(1, attempts.node)
    elif attempts is not None:
        fields.setdefault("retry_original", Located(True, attempts.node))
    return Located(fields, node)


def _listed_steps(node: MappingNode, reading: NormalizationContext) -> Located:
    """`commands` with a `timeout` for each of them that has no own one."""
    table = {
        "commands": FieldSpec(handler_steps),
        "timeout": FieldSpec(duration),
        "capture": unused("name the `capture` at one of the commands"),
    }
    fields = read_fields(node, table, reading, where="`on_failure`")
    steps = fields.get("commands", Located([], node))
    limit = fields.get("timeout")
    if limit is not None and limit.value is not BROKEN:
        for step in steps.items():
            if isinstance(step.value, dict):
                step.value.setdefault("timeout", limit)
    return steps


def on_exit_code(node: Node, reading: NormalizationContext) -> Located:
    """Exit codes, and the steps for each."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of exit codes and steps")
    fields: Fields = {}
    for key, value in node.entries:
        if integer(key, reading).value is not BROKEN:
            fields[key.text] = handler_steps(value, reading)
    return Located(fields, node)
