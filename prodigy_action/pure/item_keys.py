"""Keys: what identifies an item for people, for `only`, and from one run to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Final

from prodigy_action.model.json_value import JsonValue, canonical_json, number_text
from prodigy_action.pure.json_values.field_path import FieldPath

DIGEST_LENGTH: Final = 24
"""Hexadecimal digits of an item's digest: 96 bits, so that 10,000,000 items do not collide."""
LONGEST_NAME: Final = 200
"""The most characters of a text that is a key by itself."""
_NAMING_FIELDS: Final = ("id", "name", "path")


def item_keys(items: Sequence[JsonValue], path: FieldPath | None) -> list[str]:
    """The key of each item: the text of its value at `path`, else its own name, else a digest.

    A line, a text and a number are their own name. Objects are named by the first of their fields `id`, `name` and
    `path` whose values differ in all of them. Items that are equal have equal keys.
    """
    if path is not None:
        get = path.getter(None)
        return [_digest(item) if (value := get(item)) is None else _text(value) for item in items]
    names = [_own_name(item) for item in items]
    unnamed = [item for item, name in zip(items, names, strict=True) if name is None]
    field = _naming_field(unnamed)
    return [
        name if name is not None else (_field_name(item, field) or _digest(item))
        for item, name in zip(items, names, strict=True)
    ]


def has_key(item: JsonValue, key: str, recorded: str) -> bool:
    """Whether `recorded`, which another run or an earlier version recorded, is the key of the item too."""
    return recorded == key or recorded == _digest(item)


def _text(value: JsonValue) -> str:
    return str(value) if isinstance(value, str) else canonical_json(value)


def _digest(item: JsonValue) -> str:
    return hashlib.sha256(canonical_json(item).encode()).hexdigest()[:DIGEST_LENGTH]


def _own_name(item: JsonValue) -> str | None:
    return _name(item["item"]) if isinstance(item, Mapping) and len(item) == 1 and "item" in item else _name(item)


def _naming_field(items: Sequence[JsonValue]) -> str | None:
    """The field that names all the items, each in another way."""
    for field in _NAMING_FIELDS:
        names = set(takewhile(bool, (_field_name(item, field) for item in items)))
        if items and len(names) == len(items):
            return field
    return None


def _field_name(item: JsonValue, field: str | None) -> str | None:
    return _name(item.get(field)) if field is not None and isinstance(item, Mapping) else None


def _name(value: JsonValue) -> str | None:
    """The text of a scalar that is short, printable and not empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value) if isinstance(value, str) else number_text(value)
    return text if text.strip() and len(text) <= LONGEST_NAME and text.isprintable() else None
