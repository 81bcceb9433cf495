"""The JSON Schema of workflow files: descriptions and defaults come from the models, further forms from tables."""

from __future__ import annotations

import json
from typing import Any

from prodigy_action.model.workflow import Workflow
from prodigy_action.schema.composition_forms import COMPLETE
from prodigy_action.schema.documented import document_models
from prodigy_action.schema.field_descriptions import DESCRIBED
from prodigy_action.schema.field_forms import (
    ALTERNATIVES,
    BACKOFF_KINDS,
    DEPRECATED,
    EXTRA,
    FIELD_FORMS,
    HIDDEN,
    REPLACEABLE,
)
from prodigy_action.schema.parts import SHARED, TEXT, Schema, any_of, closed, in_any_case, list_of, nullable, ref, words

SCHEMA_ADDRESS = "https://json-schema.org/draft/2020-12/schema"


def workflow_schema() -> Schema:
    """The schema: a workflow in any form, or a bare list of steps."""
    document_models()
    model: Schema = Workflow.model_json_schema(by_alias=True)
    definitions: dict[str, Schema] = {name: _definition(name, found) for name, found in model.pop("$defs").items()}
    definitions["Workflow"] = {**_definition("Workflow", model), **COMPLETE}
    definitions["Workflow"].pop("required", None)
    handler, step = definitions["Handler"], definitions["Step"]
    handler["properties"] = {**step["properties"], **handler["properties"]}
    definitions["Backoff"]["patternProperties"][in_any_case(BACKOFF_KINDS)] = {}
    for name, alternatives in ALTERNATIVES.items():
        definitions[f"{name}Fields"] = definitions[name]
        definitions[name] = any_of(*alternatives, ref(f"{name}Fields"))
    definitions.update(SHARED)
    return {
        "$schema": SCHEMA_ADDRESS,
        "title": "prodigy-action workflow",
        "description": "A map over many items, each in its own git worktree, with steps before and after it.",
        **any_of(ref("Workflow"), list_of(any_of(ref("Step"), {"type": "string"}))),
        "$defs": dict(sorted(definitions.items())),
    }


def render_workflow_schema() -> str:
    """The schema as text, as it is committed."""
    return json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n"


def _definition(name: str, found: Schema) -> Schema:
    forms = FIELD_FORMS.get(name, {})
    properties: dict[str, Schema] = {}
    for key, value in found.get("properties", {}).items():
        if key in HIDDEN.get(name, ()):
            continue
        properties[key] = _property(value, forms.get(key))
    for key, value in EXTRA.get(name, {}).items():
        properties[key] = dict(value)
    for key, instead in DEPRECATED.get(name, {}).items():
        properties[key] = {**properties[key], "deprecated": True, "description": instead}
    for key, text in DESCRIBED.get(name, {}).items():
        properties[key] = {"description": text, **properties[key]}
    properties = {key: nullable(value) for key, value in properties.items()}
    hidden = HIDDEN.get(name, frozenset())
    required = [key for key in found.get("required", ()) if key not in hidden | REPLACEABLE.get(name, frozenset())]
    return closed(properties, required=required, description=found.get("description"))


def _property(found: Schema, forms: Schema | None) -> Schema:
    """One field: the model's description, and the forms of its value."""
    kept: Schema = {key: found[key] for key in ("description", "default") if key in found}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    if kept.get("default") in (None, [], {}) or isinstance(kept.get("default"), dict):
        kept.pop("default", None)
    return {**kept, **(forms if forms is not None else _value(found))}


def _value(found: Schema) -> Schema:
    """The model's own schema of a value, with all forms of durations and words."""
    if found.get("format") == "seconds":
        return ref("Duration")
    if "enum" in found:
        return words(found["enum"])
    if found.get("type") == "string":
        return dict(TEXT)
    if "anyOf" in found:
        options = [_value(option) for option in found["anyOf"] if option.get("type") != "null"]
        return options[0] if len(options) == 1 else any_of(*options)
    kept: dict[str, Any] = {
        key: value for key, value in found.items() if key not in {"title", "description", "default"}
    }
    if isinstance(kept.get("items"), dict):
        kept["items"] = _value(kept["items"])
    if isinstance(kept.get("additionalProperties"), dict):
        kept["additionalProperties"] = _value(kept["additionalProperties"])
    return kept
