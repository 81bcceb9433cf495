"""Item files of every kind: YAML is read here, the others by `pure.items.source`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.items.errors import refuse_nul
from prodigy_action.pure.items.source import JSON_LINES_SUFFIXES, parse_items, parse_json_lines, select_items
from prodigy_action.pure.json_values.json_path import JsonPath

YAML_SUFFIXES = (".yaml", ".yml")


def parse_item_blocks(
    blocks: Iterable[str],
    suffix: str,
    *,
    json_path: JsonPath | None = None,
    source: str = "items",
    checkpoint: Callable[[], object] = bool,
) -> list[JsonValue]:
    """As `parse_item_file`, of a text in blocks: the text of JSON lines is never held as a whole."""
    if suffix.lower() in JSON_LINES_SUFFIXES:
        return parse_json_lines(blocks, json_path=json_path, source=source)
    return parse_item_file("".join(blocks), suffix, json_path=json_path, source=source, checkpoint=checkpoint)


def parse_item_file(
    text: str,
    suffix: str,
    *,
    json_path: JsonPath | None = None,
    source: str = "items",
    checkpoint: Callable[[], object] = bool,
) -> list[JsonValue]:
    """The items of a file with this `suffix`, the file's text decoded with `surrogateescape`.

    `source` names the file in diagnostics; `checkpoint` is that of `parse_items`. Raises `InvalidInput` with file, line
    and column when the text is not what the suffix says or holds a NUL character, `ExpressionError` when `json_path`
    cannot be applied.
    """
    if suffix.lower() not in YAML_SUFFIXES:
        return parse_items(text, suffix, json_path=json_path, source=source, checkpoint=checkpoint)
    from prodigy_action.inputs.items.item_yaml import parse_yaml_document

    document = parse_yaml_document(text, source)
    refuse_nul(document, source)
    return select_items(document, json_path)
