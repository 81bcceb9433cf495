"""`validate`, `step_validate` and `goal_seek`: checks that follow a step."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields, unused
from prodigy_action.inputs.normalize.failure import handler_steps
from prodigy_action.inputs.normalize.values import (
    boolean,
    duration,
    filled_text,
    folded_word,
    integer,
    number,
    one_of,
    text,
)

_COMMANDS = ("shell", "claude", "commands", "command", "write_file", "foreach")
_ON_INCOMPLETE = {
    "max_attempts": FieldSpec(integer),
    "fail_workflow": FieldSpec(boolean),
    "commit_required": FieldSpec(boolean),
    "retry_original": unused(),
    "strategy": unused(),
    "prompt": unused("nobody is there to answer"),
}
_VALIDATE = {
    "threshold": FieldSpec(number),
    "timeout": FieldSpec(duration),
    "result_file": FieldSpec(filled_text),
    "expected_schema": unused("the fields of the result are fixed"),
}


def _commands(node: MappingNode, reading: NormalizationContext, passed: list[str]) -> Located | None:
    """The steps that the command keys of a map name; `command` is a shell command here."""
    found: list[Located] = []
    place: Node = node
    for key, value in node.entries:
        if key.text not in _COMMANDS:
            continue
        passed.append(key.text)
        if value.is_null:
            continue
        place = value
        if key.text == "commands":
            found.extend(handler_steps(value, reading).items())
        elif key.text == "command":
            reading.warn(key, "`command` is deprecated", "write `shell` or `claude`", "deprecated")
            found.extend(handler_steps(value, reading).items())
        else:
            single = MappingNode(((key, value),), key.start, value.end)
            found.extend(reading.steps(single, reading).items())
    return Located(found, place) if found else None


def on_incomplete(node: Node, reading: NormalizationContext) -> Located:
    """A text, a list of steps, or a map with commands and limits."""
    if not isinstance(node, MappingNode):
        return Located({"steps": handler_steps(node, reading)}, node)
    passed: list[str] = []
    steps = _commands(node, reading, passed)
    fields = read_fields(node, _ON_INCOMPLETE, reading, where="`on_incomplete`", ignored=passed)
    if steps is not None:
        fields["steps"] = steps
    return Located(fields, node)


def validate(node: Node, reading: NormalizationContext) -> Located:
    """A text, a list of steps, or a map with commands, a threshold and what to do below it."""
    if isinstance(node, ScalarNode):
        return Located({"steps": handler_steps(node, reading)}, node)
    if isinstance(node, SequenceNode):
        return _validate_list(node, reading)
    passed: list[str] = []
    steps = _commands(node, reading, passed)
    table = {**_VALIDATE, "on_incomplete": FieldSpec(on_incomplete)}
    fields = read_fields(node, table, reading, where="`validate`", ignored=passed)
    if steps is None:
        result = fields.get("result_file")
        if result is None:
            return reading.broken(node, "`validate` has no command", "write `shell: …` or `claude: …`", "no-command")
        # an earlier step has already written the result
        steps = Located([Located({"shell": Located("true", result.node)}, result.node)], result.node)
    fields["steps"] = steps
    return Located(fields, node)


def _validate_list(node: SequenceNode, reading: NormalizationContext) -> Located:
    """Steps whose `result_file` and `threshold` apply to the whole list."""
    fields: Fields = {}
    steps: list[Located] = []
    for item in node.items:
        if isinstance(item, MappingNode):
            own = MappingNode(
                tuple(e for e in item.entries if e[0].text in _VALIDATE and e[0].text != "timeout"),
                item.start,
                item.end,
            )
            fields.update(read_fields(own, _VALIDATE, reading, where="`validate`"))
            rest = MappingNode(tuple(e for e in item.entries if e not in own.entries), item.start, item.end)
            steps.extend(handler_steps(rest, reading).items())
        else:
            steps.extend(handler_steps(item, reading).items())
    fields["steps"] = Located(steps, node)
    return Located(fields, node)


def _check_text(node: Node, reading: NormalizationContext) -> Located:
    """`shell: cmd`, `claude: /cmd` or a bare command in one text."""
    placed = filled_text(node, reading)
    if not isinstance(placed.value, str):
        return placed
    command = placed.value.strip()
    agent = command.startswith(("claude:", "/"))
    for prefix in ("claude:", "shell:"):
        command = command.removeprefix(prefix).strip()
    return Located({"command": Located(command, node), "agent": Located(agent, node)}, node)


def _check(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return _check_text(node, reading)
    table = {
        "command": FieldSpec(filled_text),
        "shell": FieldSpec(filled_text, "command"),
        "claude": FieldSpec(filled_text, "command"),
        "command_type": FieldSpec(one_of("shell", "claude")),
        "expect_output": FieldSpec(text),
        "expect_exit_code": FieldSpec(integer),
    }
    fields = read_fields(node, table, reading, where="`step_validate`")
    kind = fields.pop("command_type", None)
    if node.get("claude") is not None or (kind is not None and kind.value == "claude"):
        fields["agent"] = Located(True, node)
    if "command" not in fields:
        return reading.broken(node, "a check has no command", "write `command: …`", "no-command")
    return Located(fields, node)


def _criteria(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        key, value = node.entries[0]
        if key.text.lower().replace("_", "") == "atleast":
            return integer(value, reading)
    if isinstance(node, ScalarNode) and folded_word(node.text) in {"all", "any"}:
        return one_of("all", "any")(node, reading)
    return reading.wrong_type(node, "`all`, `any` or `{atleast: n}`")


def step_validate(node: Node, reading: NormalizationContext) -> Located:
    """A command, a list of commands, or a map with criteria."""
    if isinstance(node, ScalarNode):
        return Located({"commands": Located([_check(node, reading)], node)}, node)
    if isinstance(node, SequenceNode):
        return Located({"commands": Located([_check(item, reading) for item in node.items], node)}, node)
    if "commands" not in node.names:
        return Located({"commands": Located([_check(node, reading)], node)}, node)
    table = {
        "commands": FieldSpec(_checks),
        "success_criteria": FieldSpec(_criteria),
        "max_attempts": FieldSpec(integer),
        "retry_delay": FieldSpec(duration),
        "timeout": FieldSpec(duration),
    }
    return Located(read_fields(node, table, reading, where="`step_validate`"), node)


def _checks(node: Node, reading: NormalizationContext) -> Located:
    items = node.items if isinstance(node, SequenceNode) else (node,)
    return Located([_check(item, reading) for item in items], node)


def goal_seek(node: Node, reading: NormalizationContext) -> Fields | None:
    """A command that is repeated until its score is reached, as a step with a validation loop."""
    if not isinstance(node, MappingNode):
        reading.wrong_type(node, "a map", "write `goal_seek: {claude: …, validate: …}`")
        return None
    passed: list[str] = []
    steps = _commands(node, reading, passed)
    table = {
        "goal": unused(),
        "validate": FieldSpec(validate),
        "threshold": FieldSpec(number),
        "max_attempts": FieldSpec(integer),
        "timeout_seconds": FieldSpec(duration, "timeout"),
        "timeout": FieldSpec(duration),
        "fail_on_incomplete": FieldSpec(boolean, "fail_workflow"),
    }
    fields = read_fields(node, table, reading, where="`goal_seek`", ignored=passed)
    check = fields.get("validate")
    if steps is None or check is None:
        reading.error(node, "`goal_seek` needs a command and `validate`", code="no-command")
        return None
    command = steps.items()[0].value
    if not isinstance(check.value, dict) or not isinstance(command, dict):
        return None
    attempts = fields.get("max_attempts")
    written = attempts.value if attempts is not None else 3
    again = written - 1 if isinstance(written, int) else 2
    place = attempts.node if attempts is not None else node
    loop: Fields = {"max_attempts": Located(max(1, again), place)}
    if again > 0:
        loop["steps"] = steps
    loop["fail_workflow"] = fields.get("fail_workflow", Located(False, node))
    check.value.update({"on_incomplete": Located(loop, node)})
    if "threshold" in fields:
        check.value["threshold"] = fields["threshold"]
    step: Fields = {**command, "validate": check}
    if "timeout" in fields:
        step["timeout"] = fields["timeout"]
    return step
