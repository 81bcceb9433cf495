"""The JSON Schema of results.json, made from the models."""

from __future__ import annotations

import json
from typing import Any

from prodigy_action.model.results import RunResult
from prodigy_action.schema.documented import document_models
from prodigy_action.schema.workflow_schema import SCHEMA_ADDRESS


def results_schema() -> dict[str, Any]:
    """The schema of the written file: every field is required, and no other fields are allowed."""
    document_models()
    schema = RunResult.model_json_schema(mode="serialization")
    untitled: dict[str, Any] = _without_titles(schema)
    return {
        "$schema": SCHEMA_ADDRESS,
        "title": "prodigy-action results",
        **untitled,
        "description": "A run of prodigy-action: verdict, counts, phases and every planned item.",
    }


def render_results_schema() -> str:
    """The schema as text, as it is committed."""
    return json.dumps(results_schema(), indent=2, ensure_ascii=False) + "\n"


def _without_titles(value: Any) -> Any:
    """The schema without the titles that pydantic makes out of field names."""
    if isinstance(value, dict):
        return {key: _without_titles(each) for key, each in value.items() if key != "title" or isinstance(each, dict)}
    return [_without_titles(each) for each in value] if isinstance(value, list) else value
