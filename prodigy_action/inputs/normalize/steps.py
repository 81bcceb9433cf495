"""A step in any form, rewritten to the one form of the model."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.commands import (
    agent_command,
    command_metadata,
    legacy_name,
    modular_handler,
    write_file,
)
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, meant, read_fields, unused
from prodigy_action.inputs.normalize.failure import handler_steps, on_exit_code, on_failure
from prodigy_action.inputs.normalize.foreach import foreach
from prodigy_action.inputs.normalize.retry import retry
from prodigy_action.inputs.normalize.sub_workflow import sub_workflow
from prodigy_action.inputs.normalize.validation import goal_seek, step_validate, validate
from prodigy_action.inputs.normalize.values import boolean, duration, filled_text, one_of, text, text_list, text_map

COMMAND_KEYS = (
    "shell",
    "claude",
    "write_file",
    "foreach",
    "workflow",
    "test",
    "command",
    "goal_seek",
    "handler",
    "analyze",
)
_FOREACH_SIBLINGS = frozenset({"do", "parallel", "continue_on_error", "max_items"})
_LEGACY_ARGUMENTS = ("args", "options", "metadata")


def _capture_output(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, ScalarNode) and node.text in {"true", "false"}:
        return boolean(node, reading)
    return filled_text(node, reading)


def _capture_streams(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, MappingNode):
        table = {name: FieldSpec(boolean) for name in ("stdout", "stderr", "exit_code", "success", "duration")}
        return Located(read_fields(node, table, reading, where="`capture_streams`"), node)
    if isinstance(node, SequenceNode):
        words = [one_of("stdout", "stderr")(item, reading).value for item in node.items]
    else:
        word = one_of("stdout", "stderr", "both")(node, reading)
        if word.value is BROKEN:
            return word
        words = ["stdout", "stderr"] if word.value == "both" else [word.value]
    return Located({name: Located(name in words, node) for name in ("stdout", "stderr")}, node)


def _commit_config(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map")
    table = {
        "message_template": FieldSpec(filled_text),
        "message": FieldSpec(filled_text, "message_template"),
        "message_pattern": FieldSpec(filled_text),
        "sign": FieldSpec(boolean),
        "author": FieldSpec(filled_text),
        "include_files": FieldSpec(text_list),
        "exclude_files": FieldSpec(text_list),
        "squash": FieldSpec(boolean),
    }
    return Located(read_fields(node, table, reading, where="`commit_config`"), node)


STEP = {
    "name": FieldSpec(text),
    "id": FieldSpec(filled_text),
    "shell": FieldSpec(filled_text, keeps_null=True),
    "claude": FieldSpec(filled_text, keeps_null=True),
    "write_file": FieldSpec(write_file),
    "foreach": FieldSpec(foreach),
    "workflow": FieldSpec(sub_workflow),
    "validate": FieldSpec(validate),
    "timeout": FieldSpec(duration),
    "working_dir": FieldSpec(filled_text),
    "env": FieldSpec(text_map),
    "interpreter": FieldSpec(one_of("sh", "bash")),
    "interpolation": FieldSpec(one_of("safe", "raw")),
    "when": FieldSpec(filled_text),
    "capture": FieldSpec(filled_text),
    "capture_format": FieldSpec(one_of("string", "text", "json", "lines", "number", "boolean")),
    "capture_streams": FieldSpec(_capture_streams),
    "capture_output": FieldSpec(_capture_output),
    "output_file": FieldSpec(filled_text),
    "on_failure": FieldSpec(on_failure),
    "on_success": FieldSpec(handler_steps),
    "on_exit_code": FieldSpec(on_exit_code),
    "retry": FieldSpec(retry),
    "retry_config": FieldSpec(retry, "retry"),
    "step_validate": FieldSpec(step_validate),
    "skip_validation": FieldSpec(boolean),
    "validation_timeout": FieldSpec(duration),
    "ignore_validation_failure": unused("a failed check fails the step"),
    "commit_required": FieldSpec(boolean),
    "auto_commit": FieldSpec(boolean),
    "commit_config": FieldSpec(_commit_config),
    "reads": FieldSpec(text_list),
    "writes": FieldSpec(text_list),
    "needs": FieldSpec(text_list),
    "keep_running": FieldSpec(boolean),
    "parallel": FieldSpec(boolean),
    "continue_on_error": FieldSpec(boolean),
    "allow_failure": FieldSpec(boolean, "continue_on_error"),
    "outputs": unused("capture what a step prints with `capture`"),
    "inputs": unused("use `${name}` in the command"),
    "analysis": unused(),
    "temporary": unused(),
    "clear_env": unused("a step sees the workflow's environment"),
}


def steps(node: Node, reading: NormalizationContext) -> Located:
    """A list of steps, or one step; a bare text is a legacy agent command."""
    if isinstance(node, SequenceNode):
        return Located([_step(item, reading) for item in node.items], node)
    if node.is_null:
        return Located([], node)
    return Located([_step(node, reading)], node)


def _step(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, MappingNode):
        return _mapped_step(node, reading)
    if isinstance(node, ScalarNode) and not node.is_null:
        if not node.text.lstrip().startswith("/"):
            hint = f"write `shell: {node.text}`, or `claude: /{node.text}`" if len(node.text) < 40 else None
            reading.warn(node, "a bare text is a legacy agent command", hint, "deprecated")
        return Located({"claude": agent_command(node, reading)}, node)
    return reading.wrong_type(node, "a step", "write `- shell: …` or `- claude: …`")


def _mapped_step(node: MappingNode, reading: NormalizationContext) -> Located:
    commands = [key for key, _ in node.entries if key.text in COMMAND_KEYS]
    if len(commands) > 1:
        named = " and ".join(f"`{key.text}`" for key in commands)
        reading.error(
            commands[1], f"a step is one command, this one has {named}", "make two steps of it", "two-commands"
        )
    passed: list[str] = [
        key for key in ("test", "command", "goal_seek", "handler", "analyze") if node.get(key) is not None
    ]
    if node.get("do") is not None:
        passed.extend(_FOREACH_SIBLINGS)
    if not commands and node.get("validate") is None:
        passed.extend(_LEGACY_ARGUMENTS)
    fields = read_fields(_without_loop(node), STEP, reading, where="a step", ignored=passed)
    if len(commands) > 1:
        return Located(BROKEN, node)
    if commands:
        _command(commands[0], node, fields, reading)
    elif "validate" not in fields and not _legacy(node, fields, reading):
        return reading.broken(
            node,
            "a step without a command",
            meant(node, COMMAND_KEYS, STEP) or "write one of `shell`, `claude`, `write_file`, `foreach`, `validate`",
            "no-command",
        )
    _fold_step_conveniences(fields)
    _fold_captures(fields, reading)
    return Located(fields, node)


def _without_loop(node: MappingNode) -> MappingNode:
    """The step without a `foreach` whose steps are in the key `do` next to it."""
    if node.get("do") is None or node.get("foreach") is None:
        return node
    return MappingNode(tuple(e for e in node.entries if e[0].text != "foreach"), node.start, node.end, node.tag)


def _command(key: ScalarNode, node: MappingNode, fields: Fields, reading: NormalizationContext) -> None:
    """Rewrite the forms of commands that are not fields of the model."""
    value = node.get(key.text)
    if value is None:
        return
    if key.text == "foreach" and node.get("do") is not None:
        entries = tuple(e for e in node.entries if e[0].text in _FOREACH_SIBLINGS | {"foreach"})
        fields["foreach"] = foreach(MappingNode(entries, node.start, node.end), reading)
    elif key.text == "command":
        reading.warn(
            key,
            "`command` is the legacy form of an agent command",
            "write `claude: /…`, or `shell: …`",
            "deprecated",
        )
        fields["claude"] = agent_command(value, reading)
    elif key.text == "handler":
        kind, command = modular_handler(value, reading)
        fields[kind] = command
    elif key.text == "goal_seek":
        found = goal_seek(value, reading)
        fields.update(found if found is not None else {"shell": Located(BROKEN, value)})
    elif key.text == "analyze":
        hint = "remove the step; an agent reads what it needs"
        reading.warn(key, "`analyze` has no effect: nothing is analyzed before the steps", hint, "no-effect")
        fields["shell"] = Located("true", key)
    elif key.text == "test":
        reading.warn(key, "`test` is deprecated", "write `shell` with `on_failure`", "deprecated")
        _test(value, fields, reading)


def _test(value: Node, fields: Fields, reading: NormalizationContext) -> None:
    if isinstance(value, ScalarNode):
        fields["shell"] = filled_text(value, reading)
        return
    if not isinstance(value, MappingNode) or value.get("command") is None:
        fields["shell"] = reading.broken(value, "`test` has no `command`", "write `shell: …`", "no-command")
        return
    table = {"command": FieldSpec(filled_text, "shell"), "on_failure": FieldSpec(on_failure)}
    fields.update(read_fields(value, table, reading, where="`test`"))
    handler = fields.get("on_failure")
    if handler is not None and isinstance(handler.value, dict) and "steps" in handler.value:
        handler.value.setdefault("max_attempts", Located(3, handler.node))
        handler.value.setdefault("retry_original", Located(True, handler.node))


def _legacy(node: MappingNode, fields: Fields, reading: NormalizationContext) -> bool:
    """`name` alone is an agent command when it is one word; its arguments are keys next to it."""
    name = node.get("name")
    if not isinstance(name, ScalarNode):
        return False
    words = name.text.split()
    if not words or (len(words) > 1 and not name.text.startswith("/")):
        return False
    reading.warn(
        name,
        "`name` alone is the legacy form of an agent command",
        f"write `claude: /{words[0].lstrip('/')}`",
        "deprecated",
    )
    fields["claude"] = legacy_name(node, reading)
    command_metadata(fields, node, reading)
    return True


def _fold_captures(fields: Fields, reading: NormalizationContext) -> None:
    """`capture_output: NAME` is `capture: NAME`; without a name there is nothing to format."""
    named = fields.get("capture_output")
    if named is not None and isinstance(named.value, str) and "capture" not in fields:
        fields["capture"] = fields.pop("capture_output")
    for key in ("capture_format", "capture_streams"):
        if key in fields and fields[key].value is not BROKEN and "capture" not in fields:
            message = f"`{key}` has no effect: no `capture` names a variable"
            reading.warn(fields[key].node, message, "write `capture: NAME`", "no-effect")


def _fold_step_conveniences(fields: Fields) -> None:
    tolerant = fields.pop("continue_on_error", None)
    if tolerant is not None and tolerant.value is True:
        fields.setdefault("on_failure", Located({"ignore": tolerant}, tolerant.node))
    limit = fields.pop("validation_timeout", None)
    skip = fields.pop("skip_validation", None)
    check = fields.get("step_validate")
    if skip is not None and skip.value is True:
        fields.pop("step_validate", None)
    elif limit is not None and check is not None and isinstance(check.value, dict):
        check.value.setdefault("timeout", limit)
