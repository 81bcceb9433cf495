"""Parts of JSON Schema for the forms that a value may have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]


def ref(name: str) -> Schema:
    """A definition by name."""
    return {"$ref": f"#/$defs/{name}"}


def any_of(*options: Schema) -> Schema:
    """One of several forms."""
    return {"anyOf": list(options)}


def words(choices: Sequence[str]) -> Schema:
    """A word in its usual form, which editors complete, or in any other case style."""
    return any_of({"enum": list(choices)}, {"type": "string", "pattern": in_any_case(choices)})


def in_any_case(choices: Sequence[str]) -> str:
    """A pattern for words in any case style."""
    return f"^(?:{'|'.join(map(_any_case, choices))})$"


def _any_case(word: str) -> str:
    letters = re.sub(r"[-_\s]", "", word)
    return "[-_ ]?".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in letters)


def closed(properties: Schema, *, required: Sequence[str] = (), description: str | None = None) -> Schema:
    """A map with these keys only, apart from `x-…` keys, which the product ignores."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    schema["patternProperties"] = {"^x-": {}}
    if required:
        schema["required"] = list(required)
    if description is not None:
        schema["description"] = description
    return schema


def nullable(schema: Schema) -> Schema:
    """The same, or null: a key without a value means the same as an absent key."""
    null: Schema = {"type": "null"}
    if "anyOf" in schema:
        return schema if null in schema["anyOf"] else {**schema, "anyOf": [*schema["anyOf"], null]}
    if "$ref" in schema or "enum" in schema:
        said = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
        return {**said, "anyOf": [{key: value for key, value in schema.items() if key not in said}, null]}
    kinds = schema.get("type", "null")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return schema if "null" in kinds else {**schema, "type": [*kinds, "null"]}


def list_of(item: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


def map_of(value: Schema) -> Schema:
    """A map with free names."""
    return {"type": "object", "additionalProperties": value}


def single_key(name: str, value: Schema) -> Schema:
    """A map with one given key."""
    return {"type": "object", "properties": {name: value}, "required": [name], "additionalProperties": False}


_ANNOTATIONS = frozenset({"description", "default", "deprecated"})
ANYTHING: Schema = {}
TEXT: Schema = {"type": ["string", "number", "boolean"]}
"""A text field takes the source text of any scalar."""
SCALAR: Schema = {"type": ["string", "number", "boolean", "null"], "description": "Taken as the text that is written."}
BOOLEAN: Schema = {"type": "boolean"}
NUMBER: Schema = any_of({"type": "number"}, {"type": "string", "pattern": r"^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*$"})
COUNT: Schema = any_of({"type": "integer"}, {"type": "string", "pattern": "^[-+]?[0-9]+$"})
VARIABLE: Schema = {"type": "string", "pattern": r"\$"}
PERCENT: Schema = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"}

SHARED: dict[str, Schema] = {
    "Duration": {
        "description": "Seconds, or a duration such as `500ms`, `30s`, `5m`, `1h30m`.",
        **any_of(
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]*)?\s*[a-zA-Zµ]*\s*)+$"},
            closed({"secs": {"type": "integer"}, "nanos": {"type": "integer"}}),
        ),
    },
    "DurationOrVariable": any_of(ref("Duration"), VARIABLE),
    "Steps": {
        "description": "Steps, in order.",
        **any_of(list_of(any_of(ref("Step"), TEXT)), ref("Step"), TEXT, {"type": "null"}),
    },
    "TextList": any_of(list_of(SCALAR), SCALAR),
    "Texts": map_of(SCALAR),
}
"""Definitions that do not come from a model."""
