"""Which command a step is: the five kinds, and the legacy spellings that become one of them."""

from __future__ import annotations

from prodigy_action.inputs.documents.located import BROKEN, Fields, Placed
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import Reading, Spelling, read_fields, unused
from prodigy_action.inputs.normalize.values import boolean, duration, filled_text, integer, one_of, text, text_map

_WRITE_FILE = {
    "path": Spelling(filled_text),
    "content": Spelling(text, keeps_null=True),
    "format": Spelling(one_of("text", "json", "yaml")),
    "mode": Spelling(text),
    "create_dirs": Spelling(boolean),
}


def write_file(node: Node, reading: Reading) -> Placed:
    """`write_file: {path, content, …}`."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map", "write `write_file: {path: …, content: …}`")
    fields = read_fields(node, _WRITE_FILE, reading, where="`write_file`")
    mode = fields.get("mode")
    if mode is not None and isinstance(mode.value, str):
        digits = mode.value.removeprefix("0o")
        if not digits or len(digits) > 4 or set(digits) - set("01234567"):
            fields["mode"] = reading.broken(mode.node, f"{mode.value!r} are no permission bits", 'write "0644"')
    return Placed(fields, node)


def agent_command(node: Node, reading: Reading) -> Placed:
    """A legacy command's name: an agent command whose slash may be missing."""
    placed = filled_text(node, reading)
    if isinstance(placed.value, str):
        command = placed.value.strip()
        return Placed(command if command.startswith("/") else f"/{command}", node)
    return placed


def legacy_name(node: MappingNode, reading: Reading) -> Placed:
    """`name` with `args` and `options` and no other command: an agent command with its arguments."""
    name = node.get("name")
    if name is None:
        return Placed(BROKEN, node)
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
    return Placed(" ".join(words), name)


def modular_handler(node: Node, reading: Reading) -> tuple[str, Placed]:
    """`handler: {name: shell, attributes: {command}}`: the command it is, `shell` or `claude`."""
    kind, command = (node.get("name"), node.get("attributes")) if isinstance(node, MappingNode) else (None, None)
    word = kind.text if isinstance(kind, ScalarNode) else ""
    inner = command.get("command") if isinstance(command, MappingNode) else None
    if word in {"shell", "claude"} and inner is not None:
        return word, filled_text(inner, reading)
    message = "`handler` is not a command of this language"
    return "shell", reading.broken(node, message, "write `shell: …` or `claude: …`")


def command_metadata(fields: Fields, node: MappingNode, reading: Reading) -> None:
    """`metadata: {retries, timeout, continue_on_error, env, commit_required}` of a legacy step."""
    metadata = node.get("metadata")
    if not isinstance(metadata, MappingNode):
        return
    table = {
        "retries": Spelling(integer),
        "timeout": Spelling(duration),
        "continue_on_error": Spelling(boolean),
        "env": Spelling(text_map),
        "commit_required": Spelling(boolean),
        "analysis": unused(),
    }
    found = read_fields(metadata, table, reading, where="`metadata`")
    retries = found.pop("retries", None)
    if retries is not None and isinstance(retries.value, int):
        attempts = Placed(retries.value + 1, retries.node)
        fields.setdefault("retry", Placed({"attempts": attempts}, retries.node))
    tolerant = found.pop("continue_on_error", None)
    if tolerant is not None and tolerant.value is True:
        fields.setdefault("on_failure", Placed({"ignore": tolerant}, tolerant.node))
    for name, value in found.items():
        fields.setdefault(name, value)
