"""Equality and total order of JSON values: `true` is not a number, 5 equals 5.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prodigy_action.model.json_value import JsonValue


def json_equal(left: JsonValue, right: JsonValue) -> bool:
    """Whether two values are the same: numbers by value, booleans only as booleans, arrays and objects by content."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) or isinstance(right, str):
        return left == right
    if isinstance(left, Mapping):
        return (
            isinstance(right, Mapping)
            and left.keys() == right.keys()
            and all(json_equal(value, right[key]) for key, value in left.items())
        )
    if isinstance(left, Sequence):
        return isinstance(right, Sequence) and len(left) == len(right) and all(map(json_equal, left, right))
    return left == right


def order_key(value: JsonValue) -> tuple[Any, ...]:
    """A sort key over all values: null < bool < number < text < array < object.

    Texts are ordered by code point, arrays and objects by size and then by content (an object's members in key order).
    """
    if isinstance(value, str):
        return (3, value)
    if value is None:
        return (0,)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, (int, float)):
        return (2, value)
    if isinstance(value, Mapping):
        return (5, len(value), tuple((key, order_key(value[key])) for key in sorted(value)))
    return (4, len(value), tuple(map(order_key, value)))
