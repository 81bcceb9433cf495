"""The functions of filters and `when`; they treat a missing field as null."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from prodigy_action.model.json_value import JsonValue, UntypedText, number_text
from prodigy_action.pure.expressions.tree import Call, Literal
from prodigy_action.pure.json_values.comparison import json_equal
from prodigy_action.pure.text.bounded_regex import searcher


def _is_array(value: JsonValue) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: JsonValue) -> bool:
    if isinstance(value, UntypedText):
        return value.number is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _length(value: JsonValue) -> JsonValue:
    return len(value) if isinstance(value, str | Sequence | Mapping) else None


FUNCTION_TESTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "is_null": lambda value: value is None,
    "is_not_null": lambda value: value is not None,
    "is_number": _is_number,
    "is_string": lambda value: isinstance(value, str),
    "is_bool": lambda value: isinstance(value, bool) or (isinstance(value, UntypedText) and value.boolean is not None),
    "is_array": _is_array,
    "is_object": lambda value: isinstance(value, Mapping),
    "is_empty": lambda value: value is None or (isinstance(value, str | Sequence | Mapping) and len(value) == 0),
}
"""Functions of one value that return true or false."""

FUNCTION_VALUES: Final[Mapping[str, Callable[[Any], JsonValue]]] = {
    "length": _length,
    "lower": lambda value: value.lower() if isinstance(value, str) else None,
    "upper": lambda value: value.upper() if isinstance(value, str) else None,
}
"""Functions of one value that return a value: the number of characters, elements or members; null for other values."""


def compile_text_test(call: Call, get: Callable[[Any], Any], argument: Callable[[Any], Any]) -> Callable[[Any], bool]:
    """A test for `contains`, `starts_with`, `ends_with` or `matches`.

    Text is searched in text (a number or boolean by its own text); `contains` also finds an element of an array and
    a key of an object. `matches` is true when the regular expression matches anywhere; it raises `ExpressionError`
    when that takes too long.
    """
    if call.name == "matches":
        pattern = call.arguments[1]
        start, end = pattern.span if isinstance(pattern, Literal) else call.span
        search = searcher(str(argument(None)), start=start, end=end)
        return lambda subject: isinstance(value := get(subject), str) and search(value)
    if call.name == "starts_with":
        return lambda subject: _both_text(get(subject), argument(subject), str.startswith)
    if call.name == "ends_with":
        return lambda subject: _both_text(get(subject), argument(subject), str.endswith)
    return lambda subject: _contains(get(subject), argument(subject))


def _contains(value: JsonValue, sought: JsonValue) -> bool:
    if type(value) is list and isinstance(sought, str):
        return sought in value
    if isinstance(value, str):
        return _both_text(value, sought, str.__contains__)
    if isinstance(value, Mapping):
        return isinstance(sought, str) and sought in value
    return isinstance(value, Sequence) and any(json_equal(element, sought) for element in value)


def _both_text(value: JsonValue, sought: JsonValue, test: Callable[[str, str], bool]) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(sought, bool):
        return test(value, "true" if sought else "false")
    if isinstance(sought, (int, float)):
        return test(value, number_text(sought))
    return isinstance(sought, str) and test(value, sought)
