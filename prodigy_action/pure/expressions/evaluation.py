"""Expressions compiled to functions once, so that no tree is walked for each item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.expressions.comparison import compile_comparison, compile_membership
from prodigy_action.pure.expressions.functions import FUNCTION_TESTS, FUNCTION_VALUES, compile_text_test
from prodigy_action.pure.expressions.tree import (
    And,
    Call,
    Comparison,
    Expression,
    Field,
    Literal,
    Membership,
    Not,
    Or,
    Variable,
    Word,
)
from prodigy_action.pure.json_values.field_path import MISSING

Getter: TypeAlias = Callable[[Any], Any]
Test: TypeAlias = Callable[[Any], bool]
Default = TypeVar("Default")


class Scope(Protocol):
    """Where names get their values from: the item of a filter, the variables of `when`."""

    loose: bool
    """Whether a text that reads as a number or boolean is compared as one with numbers and booleans."""

    def getter(self, name: Field | Variable | Word, default: Default) -> Callable[[Any], JsonValue | Default]:
        """A function from the scope's subject to the value of `name`, or to `default`."""
        ...


def is_truthy(value: JsonValue) -> bool:
    """Whether a value alone counts as true: not null, false, 0, empty, or the texts `false` and `0`."""
    if isinstance(value, str):
        return value not in ("", "false", "0")
    return bool(value)


def compile_test(expression: Expression, scope: Scope) -> Test:
    """A function from the scope's subject to the truth of `expression`; missing values are null.

    The function raises `ExpressionError` when a regular expression takes too long.
    """
    match expression:
        case Or(parts):
            return _any([compile_test(part, scope) for part in parts])
        case And(parts):
            return _all([compile_test(part, scope) for part in parts])
        case Not(inner):
            test = compile_test(inner, scope)
            return lambda subject: not test(subject)
        case Comparison(operator, left, right):
            constant = right if isinstance(right, Literal) and not scope.loose else None
            return compile_comparison(
                operator, compile_value(left, scope), compile_value(right, scope), constant, loose=scope.loose
            )
        case Membership(value, choices, negated):
            values = tuple(choice.value for choice in choices)
            return compile_membership(compile_value(value, scope), values, negated=negated, loose=scope.loose)
        case Call(name) if name not in FUNCTION_VALUES:
            return _call_test(expression, scope)
        case _:
            get = compile_value(expression, scope)
            return lambda subject: is_truthy(get(subject))


def compile_value(expression: Expression, scope: Scope) -> Getter:
    """A function from the scope's subject to the value of `expression`; a condition's value is its truth."""
    match expression:
        case Literal(value):
            return lambda _subject: value
        case Field() | Variable() | Word():
            return scope.getter(expression, None)
        case Call(name, arguments) if name in FUNCTION_VALUES:
            function, argument = FUNCTION_VALUES[name], compile_value(arguments[0], scope)
            return lambda subject: function(argument(subject))
        case _:
            return compile_test(expression, scope)


def _call_test(call: Call, scope: Scope) -> Test:
    first = call.arguments[0]
    if call.name == "exists":
        if not isinstance(first, Field | Variable | Word):
            return lambda _subject: True
        find = scope.getter(first, MISSING)
        return lambda subject: find(subject) is not MISSING
    get = compile_value(first, scope)
    if call.name in FUNCTION_TESTS:
        function = FUNCTION_TESTS[call.name]
        return lambda subject: function(get(subject))
    return compile_text_test(call, get, compile_value(call.arguments[1], scope))


def _any(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda subject: first(subject) or second(subject)

    def any_of(subject: object) -> bool:
        for test in tests:  # noqa: SIM110  # half the time of any() over a generator
            if test(subject):
                return True
        return False

    return any_of


def _all(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda subject: first(subject) and second(subject)

    def all_of(subject: object) -> bool:
        for test in tests:  # noqa: SIM110  # half the time of all() over a generator
            if not test(subject):
                return False
        return True

    return all_of
