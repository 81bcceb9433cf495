"""Which fields of items are missing, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.model.json_value import JsonValue


@dataclass(frozen=True, slots=True)
class MissingField:
    """A field that `lacking` of `total` items do not have; `known` are the names at its place in the others."""

    name: str
    lacking: int
    total: int
    known: tuple[str, ...]


def find_missing_field(items: Sequence[JsonValue], path: Sequence[str | int]) -> MissingField | None:
    """What items lack of a path below them; None when all of them have it, or there is no item."""
    lacking, name = 0, ""
    known: dict[str, None] = {}
    for item in items:
        value: JsonValue = item
        for part in path:
            found, below = _child(value, part)
            if not found:
                lacking, name = lacking + 1, name or str(part)
                known.update(dict.fromkeys(map(str, value.keys()) if isinstance(value, Mapping) else ()))
                break
            value = below
    return MissingField(name, lacking, len(items), tuple(known)) if lacking else None


def _child(value: JsonValue, part: str | int) -> tuple[bool, JsonValue]:
    if isinstance(value, Mapping):
        return str(part) in value, value.get(str(part))
    if isinstance(value, Sequence) and not isinstance(value, str) and str(part).lstrip("-").isdecimal():
        index = int(part)
        inside = -len(value) <= index < len(value)
        return inside, value[index] if inside else None
    return False, None
