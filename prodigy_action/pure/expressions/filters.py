"""`map.filter`: which items are processed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.expressions.builder import ExpressionBuilder
from prodigy_action.pure.expressions.evaluation import Default, compile_test
from prodigy_action.pure.expressions.grammar import parse_expression
from prodigy_action.pure.expressions.tree import (
    Comparison,
    Expression,
    Field,
    Literal,
    Scalar,
    Variable,
    Word,
    render,
)
from prodigy_action.pure.json_values.field_path import FieldPath


@dataclass(frozen=True)
class Filter:
    """A condition on an item, compiled once.

    5 equals 5.0. `<`, `<=`, `>` and `>=` compare a number with a number or a text with a text; for other types they are
    false. A missing field equals null, and differs from everything else. A field alone is a condition, see `is_truthy`.
    """

    expression: Expression
    matches: Callable[[JsonValue], bool] = field(init=False, compare=False, repr=False)
    """Whether an item fulfils the condition. Raises `ExpressionError` when a regular expression takes too long."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", compile_test(self.expression, _ItemScope()))

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read a filter; see the language reference.

        Raises `ExpressionError` with offsets into `text` and a hint.
        """
        return cls(parse_expression(text, ExpressionBuilder()))

    @classmethod
    def eq(cls, path: str, value: Scalar) -> Filter:
        """The filter `path == value`."""
        return cls(Comparison("==", Field(FieldPath.parse(path)), Literal(value)))

    def __str__(self) -> str:
        return render(self.expression)


class _ItemScope:
    loose = False

    def getter(self, name: Field | Variable | Word, default: Default) -> Callable[[Any], JsonValue | Default]:
        if not isinstance(name, Field):
            raise ExpressionError(f"a filter knows only fields of the item, not {render(name)}")
        return name.path.getter(default)
