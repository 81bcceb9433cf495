"""The names that an expression mentions."""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.expressions.conditions import Condition
from prodigy_action.pure.expressions.filters import Filter
from prodigy_action.pure.expressions.tree import Call, Expression, Field, Variable, children
from prodigy_action.pure.json_values.field_path import FieldPath

_ASKS = frozenset({"exists", "is_null", "is_not_null", "is_empty"})
"""Functions about values that may be missing."""


def condition_paths(text: str) -> list[FieldPath]:
    """The variables of a condition that have no default, in their order; none when it cannot be read."""
    try:
        return [each.path for each in _leaves(Condition.parse(text).expression) if isinstance(each, Variable)]
    except ExpressionError:
        return []


def filter_fields(text: str) -> list[FieldPath]:
    """The fields that a filter compares, in their order; none when it cannot be read."""
    try:
        return [each.path for each in _leaves(Filter.parse(text).expression) if isinstance(each, Field)]
    except ExpressionError:
        return []


def _leaves(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Call) and expression.name in _ASKS:
        return
    if isinstance(expression, Variable) and expression.default is not None:
        return
    inner = children(expression)
    if not inner:
        yield expression
    for each in inner:
        yield from _leaves(each)
