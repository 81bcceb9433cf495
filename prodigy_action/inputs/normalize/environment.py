"""`env`, `secrets`, `env_files`, `profiles`, `parameters` and `defaults`."""

from __future__ import annotations

import re
from dataclasses import replace

from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields, unused
from prodigy_action.inputs.normalize.values import boolean, filled_text, one_of, text, text_map, value_as_text

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\$\{(?:env[:.])?([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")
_ENV_VALUE = {
    "value": FieldSpec(text, keeps_null=True),
    "command": FieldSpec(filled_text),
    "cache": FieldSpec(boolean),
    "condition": FieldSpec(filled_text),
    "when_true": FieldSpec(text, keeps_null=True),
    "when_false": FieldSpec(text, keeps_null=True),
    "secret": FieldSpec(boolean),
}


def _env_value(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, ScalarNode):
        return Located({"value": Located(node.text, node)}, node)
    hint = "write a text, `{command: …}` or `{condition: …, when_true: …, when_false: …}`"
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a text", hint)
    fields = read_fields(node, _ENV_VALUE, reading, where="a variable")
    sources = [key for key in ("value", "command", "condition") if key in fields]
    cached = fields.get("cache")
    if cached is not None and cached.value is False:
        hint = "run the command in a step, and `capture` what it prints"
        reading.warn(cached.node, "the command runs once per run: `cache: false` has no effect", hint, "no-effect")
    if len(sources) != 1:
        named = " and ".join(f"`{key}`" for key in sources) or "neither `value` nor `command` nor `condition`"
        return reading.broken(node, f"a variable has one source, this one has {named}", hint, "invalid")
    return Located(fields, node)


def _named(node: Node, reading: NormalizationContext, what: str) -> MappingNode | None:
    """A map whose keys are names of environment variables."""
    if not isinstance(node, MappingNode):
        reading.wrong_type(node, f"a map of names and {what}", "write `NAME: value`")
        return None
    for key, _ in node.entries:
        if not _ENVIRONMENT_NAME.fullmatch(key.text):
            reading.error(key, f"{key.text!r} is no name of a variable", "use letters, digits and `_`", "bad-name")
    return node


def env(node: Node, reading: NormalizationContext) -> Located:
    """`env` of the workflow."""
    found = _named(node, reading, "values")
    if found is None:
        return Located(BROKEN, node)
    return Located({key.text: _env_value(value, reading) for key, value in found.entries}, node)


def _secret(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, ScalarNode):
        reference = _REFERENCE.fullmatch(node.text.strip())
        name = reference.group(1) or reference.group(2) if reference else node.text.strip()
        if _ENVIRONMENT_NAME.fullmatch(name):
            return Located({"key": Located(name, node)}, node)
        # the line may hold the secret itself, so it is not repeated
        message = "a secret names an environment variable; its value does not belong in the file"
        hint = "write `NAME`, `${env:NAME}` or `{provider: file, key: path}`"
        found = reading.source.diagnostic(message, node.start, hint=hint, code="secret-in-file")
        reading.problems.append(replace(found, source_line=None))
        return Located(BROKEN, node)
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "the name of an environment variable, or `{provider, key}`")
    table = {
        "provider": FieldSpec(one_of("env", "file")),
        "key": FieldSpec(filled_text),
        "name": FieldSpec(filled_text, "key"),
        "path": FieldSpec(filled_text, "key"),
        "version": unused(),
    }
    fields = read_fields(node, table, reading, where="a secret")
    if "key" not in fields:
        return reading.broken(node, "`key` is missing", "name the variable or the file", "missing")
    return Located(fields, node)


def secrets(node: Node, reading: NormalizationContext) -> Located:
    """`secrets` of the workflow."""
    found = _named(node, reading, "sources")
    if found is None:
        return Located(BROKEN, node)
    return Located({key.text: _secret(value, reading) for key, value in found.entries}, node)


def _env_file(node: Node, reading: NormalizationContext) -> Located:
    if isinstance(node, MappingNode):
        table = {"path": FieldSpec(filled_text), "required": FieldSpec(boolean)}
        fields = read_fields(node, table, reading, where="`env_files`")
        if "path" not in fields:
            return reading.broken(node, "`path` is missing", code="missing")
        return Located(fields, node)
    return Located({"path": filled_text(node, reading)}, node)


def env_files(node: Node, reading: NormalizationContext) -> Located:
    """A list of paths or `{path, required}`, or one of them."""
    items = node.items if isinstance(node, SequenceNode) else (node,)
    return Located([_env_file(item, reading) for item in items], node)


def _profile(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of names and texts")
    fields: Fields = {}
    for key, value in node.entries:
        if key.text == "env" and isinstance(value, MappingNode):
            nested = text_map(value, reading).value
            fields.update(nested if isinstance(nested, dict) else {})
        elif key.text != "description":
            fields[key.text] = text(value, reading)
    return Located(fields, node)


def profiles(node: Node, reading: NormalizationContext) -> Located:
    """Named sets of variables."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of profiles", "write `PROFILE: {NAME: value}`")
    return Located({key.text: _profile(value, reading) for key, value in node.entries}, node)


_PARAMETER = {
    "type": FieldSpec(one_of("string", "number", "integer", "boolean", "array", "object", "any")),
    "required": FieldSpec(boolean),
    "default": FieldSpec(value_as_text, keeps_null=False),
    "description": FieldSpec(text),
    "validation": unused("no expression checks a parameter"),
}


def _parameter(node: Node, reading: NormalizationContext) -> Located:
    if node.is_null:
        return Located({}, node)
    if not isinstance(node, MappingNode):
        return Located({"default": value_as_text(node, reading)}, node)
    return Located(read_fields(node, _PARAMETER, reading, where="a parameter", ignored=("name",)), node)


def _parameter_list(node: SequenceNode, reading: NormalizationContext, *, required: bool | None = None) -> Fields:
    fields: Fields = {}
    for item in node.items:
        name = item.get("name") if isinstance(item, MappingNode) else item
        if not isinstance(name, ScalarNode) or not name.text:
            reading.error(item, "a parameter without a name", "write `- name: …`", "missing")
            continue
        placed = _parameter(item, reading) if isinstance(item, MappingNode) else Located({}, item)
        if required is not None and isinstance(placed.value, dict):
            placed.value.setdefault("required", Located(required, item))
        fields[name.text] = placed
    return fields


def parameters(node: Node, reading: NormalizationContext) -> Located:
    """A map by name, a list, or `{required: […], optional: […], definitions: {…}}`."""
    if isinstance(node, SequenceNode):
        return Located(_parameter_list(node, reading), node)
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map or a list of parameters", "write `NAME: {type: string}`")
    groups = {"required": SequenceNode, "optional": SequenceNode, "definitions": MappingNode}
    if not node.entries or not all(isinstance(v, groups.get(k.text, ())) for k, v in node.entries):
        return Located({key.text: _parameter(value, reading) for key, value in node.entries}, node)
    fields: Fields = {}
    for _, value in node.entries:
        if isinstance(value, MappingNode):
            fields.update({name.text: _parameter(part, reading) for name, part in value.entries})
    for key, value in node.entries:
        if isinstance(value, SequenceNode):
            for name, placed in _parameter_list(value, reading, required=key.text == "required").items():
                known = fields.setdefault(name, placed)
                if isinstance(known.value, dict) and isinstance(placed.value, dict):
                    for field, inner in placed.value.items():
                        known.value.setdefault(field, inner)
    return Located(fields, node)


def defaults(node: Node, reading: NormalizationContext) -> tuple[Located, Fields]:
    """`interpreter` for the steps, and the default values of parameters that are written next to it."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map"), {}
    entries = tuple(e for e in node.entries if e[0].text == "interpreter")
    table = {"interpreter": FieldSpec(one_of("sh", "bash"))}
    own = read_fields(MappingNode(entries, node.start, node.end), table, reading, where="`defaults`")
    values = {key.text: value_as_text(value, reading) for key, value in node.entries if key.text != "interpreter"}
    return Located(own, node), values
