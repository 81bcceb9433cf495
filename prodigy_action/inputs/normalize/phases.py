"""Setup, map, reduce and merge."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.inputs.documents.located import Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import (
    FieldReader,
    FieldSpec,
    NormalizationContext,
    meant,
    read_fields,
    unused,
)
from prodigy_action.inputs.normalize.policy import error_policy
from prodigy_action.inputs.normalize.steps import steps
from prodigy_action.inputs.normalize.values import (
    any_list,
    at_least,
    duration,
    duration_or_variable,
    filled_text,
    integer,
    integer_or_variable,
    one_of,
    text,
    text_list,
)

_CAPTURE = {
    "command_index": FieldSpec(integer),
    "index": FieldSpec(integer, "command_index"),
    "source": FieldSpec(one_of("stdout", "stderr", "both", "combined")),
    "pattern": FieldSpec(filled_text),
    "json_path": FieldSpec(filled_text),
    "max_size": FieldSpec(integer),
    "default": FieldSpec(text, keeps_null=False),
    "multiline": FieldSpec(one_of("preserve", "join", "first_line", "last_line", "array")),
}


def _capture_output(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, ScalarNode):
        return Located({"command_index": at_least(0, integer)(node, reading)}, node)
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "the index of a step, or a map with `command_index`")
    fields = read_fields(node, _CAPTURE, reading, where="`capture_outputs`")
    if "command_index" not in fields:
        return reading.broken(node, "`command_index` is missing", "say which step prints it, from 0", "missing")
    return Located(fields, node)


def _capture_outputs(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of names and step indexes")
    return Located({key.text: _capture_output(value, reading) for key, value in node.entries}, node)


_PHASE = {
    "commands": FieldSpec(steps, "steps"),
    "steps": FieldSpec(steps),
    "timeout": FieldSpec(duration_or_variable),
    "capture_outputs": FieldSpec(_capture_outputs),
}


def phase(name: str) -> FieldReader:
    """A phase as a list of steps or as `{commands, timeout, …}`."""

    def read(node: Node, reading: NormalizationContext) -> Located:
        if isinstance(node, SequenceNode):
            return Located({"steps": steps(node, reading)}, node)
        if not isinstance(node, MappingNode):
            return reading.wrong_type(node, "a list of steps", f"write `{name}:` and below it `- shell: …`")
        fields = read_fields(node, _PHASE, reading, where=f"`{name}`")
        _check_indexes(name, fields, reading)
        return Located(fields, node)

    return read


def _check_indexes(name: str, fields: Fields, reading: NormalizationContext) -> None:
    count = len(fields["steps"].items()) if "steps" in fields else 0
    captures = fields["capture_outputs"].value if "capture_outputs" in fields else None
    for capture in captures.values() if isinstance(captures, dict) else ():
        index = capture.value.get("command_index") if isinstance(capture.value, dict) else None
        if index is not None and isinstance(index.value, int) and index.value >= count:
            message = f"there is no step {index.value}: `{name}` has {count} (counted from 0)"
            reading.error(index.node, message, code="out-of-range")


def _agent_template(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, MappingNode) and (node.get("commands") is not None or node.get("steps") is not None):
        table = {"commands": FieldSpec(steps, "steps"), "steps": FieldSpec(steps)}
        return read_fields(node, table, reading, where="`agent_template`")["steps"]
    if isinstance(node, SequenceNode):
        return steps(node, reading)
    return reading.wrong_type(node, "a list of steps", "write `agent_template:` and below it `- shell: …`")


def _sort_by(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, SequenceNode):
        return filled_text(node, reading)
    parts = [filled_text(item, reading) for item in node.items]
    if not all(isinstance(part.value, str) for part in parts):
        return reading.wrong_type(node, "a text or a list of texts")
    return Located(", ".join(str(part.value) for part in parts), node)


def _field(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, ScalarNode):
        return reading.wrong_type(node, "one field", "write its name, such as `name` or `owner.id`")
    return filled_text(node, reading)


_INPUT_FORMS = {
    "file": FieldSpec(filled_text),
    "glob": FieldSpec(text_list),
    "command": FieldSpec(filled_text),
}


def _input(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, SequenceNode):
        return any_list(node, reading)
    if not isinstance(node, MappingNode):
        return filled_text(node, reading)
    fields = read_fields(node, _INPUT_FORMS, reading, where="`input`")
    if len(fields) != 1 or (isinstance(globs := next(iter(fields.values())).value, list) and not globs):
        hint = "write one of `{file: …}`, `{glob: …}` and `{command: …}`, or the text alone"
        return reading.broken(node, "`input` is one file, glob or command", hint, "wrong-type")
    return Located(fields, node)


def _command_timeouts(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of commands and durations", "such as `{shell: 60, claude: 5m}`")
    return Located({key.text: duration(value, reading) for key, value in node.entries}, node)


def _timeout_config(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map")
    table = {
        "agent_timeout_secs": FieldSpec(duration_or_variable),
        "command_timeouts": FieldSpec(_command_timeouts),
        "timeout_policy": FieldSpec(one_of("per_agent", "per_command", "hybrid")),
        "cleanup_grace_period_secs": FieldSpec(duration),
        "timeout_action": FieldSpec(one_of("dlq", "skip", "fail", "graceful_terminate")),
        "enable_monitoring": unused(),
    }
    return Located(read_fields(node, table, reading, where="`timeout_config`"), node)


MAP = {
    "input": FieldSpec(_input),
    "json_path": FieldSpec(text),
    "agent_template": FieldSpec(_agent_template),
    "on_empty": FieldSpec(one_of("warn", "fail", "ok")),
    "max_parallel": FieldSpec(at_least(1, integer_or_variable)),
    "filter": FieldSpec(filled_text),
    "sort_by": FieldSpec(_sort_by),
    "distinct": FieldSpec(_field),
    "offset": FieldSpec(at_least(0, integer_or_variable)),
    "max_items": FieldSpec(at_least(0, integer_or_variable)),
    "agent_timeout_secs": FieldSpec(duration_or_variable),
    "timeout_per_agent": FieldSpec(duration_or_variable, "agent_timeout_secs", deprecated="write `agent_timeout_secs`"),
    "timeout_config": FieldSpec(_timeout_config),
    "key": FieldSpec(_field),
    "carry": FieldSpec(text_list),
    "isolation": FieldSpec(one_of("worktree", "none")),
    "home": FieldSpec(one_of("item", "shared")),
    "commit": FieldSpec(one_of("required", "auto", "as-made")),
    "on_conflict": FieldSpec(one_of("dlq", "rebase", "rerun")),
    "error_policy": FieldSpec(error_policy),
    "retry_on_failure": FieldSpec(integer, deprecated="write `error_policy: {on_item_failure: retry}`"),
}


_REQUIRED = {
    "input": "write `input:` with a file such as items.json, a command that prints the items, or a list",
    "agent_template": "write `agent_template:` and below it `- shell: …`",
}


def map_phase(node: Node, reading: NormalizationContext) -> Located:
    """The map; `error_policy` and `retry_on_failure` inside it are moved out by the caller."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map", "write `map: {input: …, agent_template: […]}`")
    fields = read_fields(node, MAP, reading, where="`map`")
    source = fields.get("input")
    if source is not None and isinstance(source.value, list):
        fields["items"] = fields.pop("input")
    if source is not None and isinstance(source.value, dict):
        ((form, value),) = source.value.items()
        fields["input_form"] = Located(form, source.node)
        fields["globs" if form == "glob" else "input"] = value
        if form == "glob":
            del fields["input"]
    path = fields.get("json_path")
    if path is not None and isinstance(path.value, str) and not path.value.strip():
        del fields["json_path"]
    template = fields.get("agent_template")
    if template is not None and isinstance(template.value, list) and not template.value:
        fields["agent_template"] = reading.broken(template.node, "`agent_template` has no steps", code="empty")
    _require(_REQUIRED, fields, node, reading)
    return Located(fields, node)


def _require(keys: Mapping[str, str], fields: Fields, node: MappingNode, reading: NormalizationContext) -> None:
    for key, hint in keys.items():
        if key not in fields and not (key == "input" and ("items" in fields or "globs" in fields)):
            hint = meant(node, (key,), MAP) or hint
            fields[key] = reading.broken(node, f"`map.{key}` is missing", hint, "missing")
