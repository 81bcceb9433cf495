"""The command of a step: the five kinds, and the legacy forms that become one of them."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields, unused
from prodigy_action.inputs.normalize.values import boolean, duration, filled_text, integer, one_of, text, text_map

_WRITE_FILE = {
    "path": FieldSpec(filled_text),
    "content": FieldSpec(text, keeps_null=True),
    "format": FieldSpec(one_of("text", "json", "yaml")),
    "mode": FieldSpec(text),
    "create_dirs": FieldSpec(boolean),
}


def write_file(node: Node, reading: NormalizationContext) -> Located:
    """`write_file: {path, content, …}`."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map", "write `write_file: {path: …, content: …}`")
    fields = read_fields(node, _WRITE_FILE, reading, where="`write_file`")
    mode = fields.get("mode")
    if mode is not None and isinstance(mode.value, str):
        digits = mode.value.removeprefix("0o")
        if not digits or len(digits) > 4 or set(digits) - set("01234567"):
            fields["mode"] = reading.broken(mode.node, f"{mode.value!r} are no permission bits", 'write "0644"')
    return Located(fields, node)


def agent_command(node: Node, reading: NormalizationContext) -> Located:
    """The name of a legacy command: an agent command whose slash may be missing."""
    placed = filled_text(node, reading)
    if isinstance(placed.value, str):
        command = placed.value.strip()
        return Located(command if command.startswith("/") else f"/{command}", node)
    return placed


def legacy_name(node: MappingNode, reading: NormalizationContext) -> Located:
    """`name` with `args` and `options` and no other command: an agent command with its arguments."""
    name = node.get("name")
    if name is None:
        return Located(BROKEN, node)
    placed = agent_command(name, reading)
    if not isinstance(placed.value, str):
        return placed
    words = [placed.value]
    arguments = node.get("args")
    if isinstance(arguments, SequenceNode):
        words.extend(item.text for item in arguments.items if isinstance(item, ScalarNode))
    elif isinstance(arguments, ScalarNode) and not arguments.is_null:
        words.append(arguments.text)
    options = node.get("options")
    if isinstance(options, MappingNode):
        for key, value in options.entries:
            if isinstance(value, ScalarNode) and not (value.plain and value.text == "false"):
                words.append(f"--{key.text}")
                if not (value.plain and value.text == "true"):
                    words.append(value.text)
    return Located(" ".join(words), name)


def modular_handler(node: Node, reading: NormalizationContext) -> tuple[str, Located]:
    """`handler: {name: shell, attributes: {command}}`: the kind of the command, `shell` or `claude`, and its text."""
    kind, command = (node.get("name"), node.get("attributes")) if isinstance(node, MappingNode) else (None, None)
    word = kind.text if isinstance(kind, ScalarNode) else ""
    inner = command.get("command") if isinstance(command, MappingNode) else None
    if word in {"shell", "claude"} and inner is not None:
        return word, filled_text(inner, reading)
    message = "`handler` is not a command of this language"
    return "shell", reading.broken(node, message, "write `shell: …` or `claude: …`")


def command_metadata(fields: Fields, node: MappingNode, reading: NormalizationContext) -> None:
    """`metadata: {retries, timeout, continue_on_error, env, commit_required}` of a legacy step."""
    metadata = node.get("metadata")
    if not isinstance(metadata, MappingNode):
        return
    table = {
        "retries": FieldSpec(integer),
        "timeout": FieldSpec(duration),
        "continue_on_error": FieldSpec(boolean),
        "env": FieldSpec(text_map),
        "commit_required": FieldSpec(boolean),
        "analysis": unused(),
    }
    found = read_fields(metadata, table, reading, where="`metadata`")
    retries = found.pop("retries", None)
    if retries is not None and isinstance(retries.value, int):
        attempts = Located(retries.value + 1, retries.node)
        fields.setdefault("retry", Located({"attempts": attempts}, retries.node))
    tolerant = found.pop("continue_on_error", None)
    if tolerant is not None and tolerant.value is True:
        fields.setdefault("on_failure", Located({"ignore": tolerant}, tolerant.node))
    for name, value in found.items():
        fields.setdefault(name, value)
