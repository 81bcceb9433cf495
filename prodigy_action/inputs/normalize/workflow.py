"""The whole document in any form, rewritten to the form of `model.workflow.Workflow`."""

from __future__ import annotations

import re

from prodigy_action.inputs.documents.located import BROKEN, Fields, Located
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, SequenceNode
from prodigy_action.inputs.normalize.context import FieldSpec, NormalizationContext, read_fields, unused
from prodigy_action.inputs.normalize.environment import defaults, env, env_files, parameters, profiles, secrets
from prodigy_action.inputs.normalize.phases import map_phase, phase
from prodigy_action.inputs.normalize.policy import CONVENIENCES, error_policy, merge_conveniences
from prodigy_action.inputs.normalize.retry import retry
from prodigy_action.inputs.normalize.steps import steps
from prodigy_action.inputs.normalize.values import duration, filled_text, one_of


def _handlers(node: Node, reading: NormalizationContext) -> Located:
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of names and steps", "write `NAME: [{shell: …}]`")
    return Located({key.text: steps(value, reading) for key, value in node.entries}, node)


WORKFLOW = {
    "name": FieldSpec(filled_text),
    "mode": FieldSpec(one_of("mapreduce", "standard", "sequential")),
    "env": FieldSpec(env),
    "secrets": FieldSpec(secrets),
    "env_files": FieldSpec(env_files),
    "profiles": FieldSpec(profiles),
    "setup": FieldSpec(phase("setup")),
    "map": FieldSpec(map_phase),
    "reduce": FieldSpec(phase("reduce")),
    "merge": FieldSpec(phase("merge")),
    "error_policy": FieldSpec(error_policy),
    "handlers": FieldSpec(_handlers),
    "retry_defaults": FieldSpec(retry),
    "timeout": FieldSpec(duration),
    "parameters": FieldSpec(parameters),
    **CONVENIENCES,
    "description": unused(),
    "version": unused(),
    "author": unused(),
    "max_iterations": unused("a workflow runs once"),
    "iterate": unused("a workflow runs once"),
}


def canonical_workflow(root: Node, reading: NormalizationContext) -> Located:
    """Rewrite a document; problems are reported in the context, and wrong parts left out."""
    if isinstance(root, SequenceNode):
        fields: Fields = {"name": Located(_stem(reading.source.name), root), "mode": Located("standard", root)}
        fields["setup"] = Located({"steps": _some_steps(root, reading)}, root)
        return Located(fields, root)
    if not isinstance(root, MappingNode):
        return reading.wrong_type(root, "a workflow", "a workflow is a map with `name:` and `map:`, or a list of steps")
    fields = read_fields(root, WORKFLOW, reading, where="the workflow", ignored=("commands", "steps", "defaults"))
    _fold_defaults(root, fields, reading)
    _fold_policy(root, fields, reading)
    _fold_mode(root, fields, reading)
    return Located(fields, root)


def _stem(name: str) -> str:
    return re.sub(r"\.(ya?ml|json)$", "", name.rsplit("/", 1)[-1]) or "workflow"


def _some_steps(node: Node, reading: NormalizationContext) -> Located:
    found = steps(node, reading)
    if isinstance(found.value, list) and not found.value:
        return reading.broken(node, "a workflow without steps", "write `- shell: …`", "empty")
    return found


def _fold_mode(root: MappingNode, fields: Fields, reading: NormalizationContext) -> None:
    """A standard workflow's steps become its setup; whether `map` exists decides which kind the file is."""
    entries = {key.text: (key, value) for key, value in root.entries}
    listed = [entries[key] for key in ("commands", "steps") if key in entries and not entries[key][1].is_null]
    mode = fields.pop("mode", None)
    if listed and "map" in fields:
        key = listed[0][0]
        hint = "put the steps under `setup:`, or remove `map:`"
        reading.error(key, f"`{key.text}` and `map` in one workflow", hint, "conflicting-keys")
        return
    if "map" in fields or (mode is not None and mode.value == "mapreduce" and not listed):
        _require(root, fields, reading)
        return
    if mode is not None and mode.value == BROKEN:
        fields["mode"] = mode
        return
    fields["mode"] = Located("standard", root)
    fields.setdefault("name", Located(_stem(reading.source.name), root))
    if "reduce" in fields:
        key = entries["reduce"][0]
        reading.warn(
            key, "`reduce` does not run without a `map`", "put its steps under `setup:` or `merge:`", "no-effect"
        )
    if listed:
        key, value = listed[0]
        if "setup" in fields:
            hint = f"put all steps under `{key.text}:`"
            reading.error(key, f"`{key.text}` and `setup` in one workflow", hint, "conflicting-keys")
        fields["setup"] = Located({"steps": _some_steps(value, reading)}, value)
    elif "setup" not in fields and {"on", "jobs"} <= entries.keys():
        hint = "name the workflow of prodigy-action, to which its `with: {workflow: …}` refers"
        reading.error(root, "this is a workflow of GitHub Actions: there is nothing to run", hint, "missing")
    elif "setup" not in fields:
        hint = "write `map:` for a map over items, or `steps:` for a plain list of steps"
        reading.error(root, "neither `map` nor `steps`: there is nothing to run", hint, "missing")


def _require(root: MappingNode, fields: Fields, reading: NormalizationContext) -> None:
    if "map" not in fields:
        reading.error(
            root, "`map` is missing", "`mode: mapreduce` needs `map: {input: …, agent_template: […]}`", "missing"
        )
    if "name" not in fields:
        reading.error(root, "`name` is missing", "write `name: …` at the top", "missing")
        fields["name"] = Located(_stem(reading.source.name), root)


def _fold_defaults(root: MappingNode, fields: Fields, reading: NormalizationContext) -> None:
    node = root.get("defaults")
    if node is None or node.is_null:
        return
    reading.key = "defaults"
    fields["defaults"], values = defaults(node, reading)
    reading.key = ""
    if not values:
        return
    known = fields.setdefault("parameters", Located({}, node))
    if isinstance(known.value, dict):
        for name, value in values.items():
            parameter = known.value.setdefault(name, Located({}, value.node))
            if isinstance(parameter.value, dict):
                parameter.value["default"] = value


def _fold_policy(root: MappingNode, fields: Fields, reading: NormalizationContext) -> None:
    outer: Fields = {key: fields.pop(key) for key in list(CONVENIENCES) if key in fields}
    inner = fields["map"].value if "map" in fields else None
    policy = fields.get("error_policy")
    if isinstance(inner, dict):
        nested = inner.pop("error_policy", None)
        policy = policy if policy is not None else nested
        again = inner.pop("retry_on_failure", None)
        if again is not None and isinstance(again.value, int) and again.value > 0:
            attempts = Located({"attempts": Located(again.value + 1, again.node)}, again.node)
            outer.setdefault("on_item_failure", Located("retry", again.node))
            outer.setdefault("retry_config", attempts)
    merged = merge_conveniences(policy, outer, root, reading)
    if merged is not None:
        fields["error_policy"] = merged
