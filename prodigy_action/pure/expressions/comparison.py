"""`==`, `<`, `in` and the other comparisons, specialised for a constant on the right."""

from __future__ import annotations

import operator as python_operator
import re
from collections.abc import Callable
from typing import Any, Final

from prodigy_action.model.json_value import JsonValue, NumberText, UntypedText
from prodigy_action.pure.expressions.tree import ComparisonOperator, Literal, Scalar
from prodigy_action.pure.json_values.comparison import json_equal

_ORDER: Final[dict[ComparisonOperator, Callable[[Any, Any], bool]]] = {
    "<": python_operator.lt,
    "<=": python_operator.le,
    ">": python_operator.gt,
    ">=": python_operator.ge,
}
_NUMBER = re.compile(r"\s*-?[0-9]{1,4000}(?:(\.[0-9]+)?([eE][+-]?[0-9]+)?)\s*")


def compile_comparison(
    operator: ComparisonOperator,
    left: Callable[[Any], Any],
    right: Callable[[Any], Any],
    constant: Literal | None,
    *,
    loose: bool,
) -> Callable[[Any], bool]:
    """A test of two values; with `loose`, a text that reads as a number or boolean equals that number or boolean."""
    if operator in ("==", "!="):
        equal = _equality(left, right, constant, loose=loose)
        return equal if operator == "==" else lambda subject: not equal(subject)
    compare = _ORDER[operator]
    if constant is not None:
        return _order_with(compare, left, constant.value)
    alike = _alike if loose else _typed_alike
    return lambda subject: _ordered(compare, *alike(left(subject), right(subject)))


def compile_membership(
    get: Callable[[Any], Any], choices: tuple[Scalar, ...], *, negated: bool, loose: bool
) -> Callable[[Any], bool]:
    """A test whether a value equals one of `choices`."""
    if loose:
        return lambda subject: any(json_equal(*_alike(get(subject), choice)) for choice in choices) is not negated
    constants = frozenset(choice for choice in choices if isinstance(choice, bool | None))
    booleans = constants - {None}
    others = frozenset(choice for choice in choices if not isinstance(choice, bool | None))

    def is_in(subject: object) -> bool:
        value = get(subject)
        if value is None or value is True or value is False:
            return (value in constants) is not negated
        if isinstance(value, UntypedText) and (value.boolean in booleans or value.number in others):
            return not negated
        return (isinstance(value, (str, int, float)) and value in others) is not negated

    return is_in


def _equality(
    left: Callable[[Any], Any], right: Callable[[Any], Any], constant: Literal | None, *, loose: bool
) -> Callable[[Any], bool]:
    if loose:
        return lambda subject: json_equal(*_alike(left(subject), right(subject)))
    if constant is None:
        return lambda subject: json_equal(*_typed_alike(left(subject), right(subject)))
    expected = constant.value
    if isinstance(expected, str):
        return lambda subject: bool(left(subject) == expected)
    if expected is None:
        return lambda subject: left(subject) is None
    if isinstance(expected, bool):

        def equals_boolean(subject: object) -> bool:
            value = left(subject)
            return value is expected or (isinstance(value, UntypedText) and value.boolean is expected)

        return equals_boolean

    def equals_number(subject: object) -> bool:
        value = left(subject)
        if isinstance(value, UntypedText):
            value = value.number
        return value == expected and value is not True and value is not False

    return equals_number


def _order_with(
    compare: Callable[[Any, Any], bool], left: Callable[[Any], Any], bound: Scalar
) -> Callable[[Any], bool]:
    if isinstance(bound, str):

        def text_order(subject: object) -> bool:
            value = left(subject)
            return isinstance(value, str) and compare(value, bound)

        return text_order
    if bound is None or isinstance(bound, bool):
        return lambda _subject: False

    def number_order(subject: object) -> bool:
        value = left(subject)
        if isinstance(value, UntypedText):
            value = value.number
        return isinstance(value, (int, float)) and value is not True and value is not False and compare(value, bound)

    return number_order


def _ordered(compare: Callable[[Any, Any], bool], left: JsonValue, right: JsonValue) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and compare(left, right)
    return _is_number(left) and _is_number(right) and compare(left, right)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _typed_alike(left: JsonValue, right: JsonValue) -> tuple[JsonValue, JsonValue]:
    """Both values, a text of a source without types as what the other one is: two such texts as numbers, if both are
    numbers.
    """
    if not isinstance(left, UntypedText) and not isinstance(right, UntypedText):
        return left, right
    numbers = _number_in(left), _number_in(right)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers
    return _boolean_for(right, left), _boolean_for(left, right)


def _number_in(value: JsonValue) -> JsonValue:
    return value.number if isinstance(value, UntypedText) else value if _is_number(value) else None


def _boolean_for(other: JsonValue, value: JsonValue) -> JsonValue:
    meant = value.boolean if isinstance(value, UntypedText) and isinstance(other, bool) else None
    return value if meant is None else meant


def _alike(left: JsonValue, right: JsonValue) -> tuple[JsonValue, JsonValue]:
    if isinstance(left, str) and not isinstance(right, str):
        return _read_as(right, left), right
    if isinstance(right, str) and not isinstance(left, str):
        return left, _read_as(left, right)
    return left, right


def _read_as(other: JsonValue, text: str) -> JsonValue:
    if isinstance(other, bool):
        return {"true": True, "false": False}.get(text.strip(), text)
    if _is_number(other) and (number := _NUMBER.fullmatch(text)):
        return NumberText(text.strip()) if any(number.groups()) else int(text)
    return text
