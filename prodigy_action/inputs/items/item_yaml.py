"""YAML item files as JSON values: a text that JSON reads as a number is a number, all else keeps its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import yaml

from prodigy_action.inputs.documents.located_tree import number_or_text
from prodigy_action.inputs.documents.source_text import checked_source
from prodigy_action.inputs.documents.yaml_builder import DocumentRules, Entries
from prodigy_action.inputs.documents.yaml_composer import compose_yaml
from prodigy_action.model.json_value import JsonValue

_RULES = DocumentRules(
    name="an item file",
    empty_hint="write [] for no items",
    depth=100,
    nodes=20_000_000,
)
_CONSTANTS: Final[dict[str, JsonValue]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class _JsonBuilder:
    def scalar(self, event: yaml.ScalarEvent, tag: str | None, *, plain: bool) -> JsonValue:
        text: str = event.value
        if not plain:
            return text
        return _CONSTANTS[text] if text in _CONSTANTS else number_or_text(text)

    def sequence(self, items: list[JsonValue], tag: str | None, start: yaml.Event, end: yaml.Event) -> JsonValue:
        return items

    def mapping(
        self, own: Entries[JsonValue], merged: list[JsonValue], tag: str | None, start: yaml.Event, end: yaml.Event
    ) -> JsonValue:
        inherited: dict[str, JsonValue] = {}
        for mapping in merged:
            if isinstance(mapping, dict):
                inherited = mapping | inherited
        return inherited | {key: value for key, (_, value) in own.items()}

    def maps_of(self, value: JsonValue) -> Sequence[JsonValue] | None:
        parts = value if isinstance(value, list) else [value]
        return parts if all(isinstance(part, dict) for part in parts) else None


def parse_yaml_document(text: str, source: str) -> JsonValue:
    """The one document of a YAML text.

    Only the words `true`, `false` and `null` (also capitalized, and `~`) are constants, and a plain scalar is a number
    when JSON would read it as one: `yes`, `012`, `0x1F` and `2025-01-01` are text. Raises `InvalidInput` with every
    problem; see `compose_yaml`.
    """
    return compose_yaml(checked_source(text, source), _JsonBuilder(), _RULES)
