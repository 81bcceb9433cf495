"""The syntax tree of filter and `when` expressions, and its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal as OneOf
from typing import TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.model.json_value import number_text
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.text.quoting import quote

Scalar: TypeAlias = "str | int | float | bool | None"
ComparisonOperator: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">="]
Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `span` is its place in the expression."""

    value: Scalar
    span: Span = field(default=(0, 1), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the item that a filter looks at."""

    path: FieldPath


@dataclass(frozen=True, slots=True)
class Variable:
    """`${name}` or a bare name in `when`: a variable of the run, or a value inside one; `default` when missing."""

    path: FieldPath
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word compared with a field: text in a filter; in `when` the variable of that name, else text."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS`; the infix tests (`a contains b`) are calls, too."""

    name: str
    arguments: tuple[Expression, ...]
    span: Span = field(default=(0, 1), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values and an operator."""

    operator: ComparisonOperator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Membership:
    """`value in [a, b]`, or `not in`."""

    value: Expression
    choices: tuple[Literal, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Negation; binds looser than comparison."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class And:
    """Two or more conditions that must all hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more conditions of which one must hold."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Literal | Field | Variable | Word | Call | Comparison | Membership | Not | And | Or


def render(expression: Expression) -> str:
    """The canonical text of an expression; parsing it gives an equal tree."""
    match expression:
        case Or(parts):
            return " || ".join(_grouped(part, Or) for part in parts)
        case And(parts):
            return " && ".join(_grouped(part, Or, And) for part in parts)
        case Not(inner):
            return "!" + _grouped(inner, Or, And, Comparison, Membership)
        case Comparison(operator, left, right):
            return f"{_operand(left)} {operator} {_right(right)}"
        case Membership(value, choices, negated):
            return f"{_operand(value)} {'not in' if negated else 'in'} [{', '.join(map(render, choices))}]"
        case Call(name, arguments):
            first = [_operand(argument) for argument in arguments[:1]]
            return f"{name}({', '.join(first + [_right(argument) for argument in arguments[1:]])})"
        case Field(path):
            return str(path)
        case Variable(path, default):
            return f"${{{path.unprefixed()}{'' if default is None else f':-{default}'}}}"
        case Word(text):
            return text
        case Literal(value):
            return _literal(value)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression."""
    match expression:
        case Or(parts) | And(parts):
            return parts
        case Not(inner):
            return (inner,)
        case Comparison(_, left, right):
            return (left, right)
        case Membership(value, choices):
            return (value, *choices)
        case Call(_, arguments):
            return arguments
        case _:
            return ()


def walk(expression: Expression) -> Iterator[tuple[Expression, int]]:
    """Every part of an expression with its depth, counted from 1; needs no recursion."""
    pending = [(expression, 1)]
    while pending:
        part, depth = pending.pop()
        yield part, depth
        pending.extend((inner, depth + 1) for inner in children(part))


def _grouped(part: Expression, *looser: type[Expression]) -> str:
    return f"({render(part)})" if isinstance(part, looser) else render(part)


def _operand(part: Expression) -> str:
    return _grouped(part, Or, And, Not, Comparison, Membership)


def _right(part: Expression) -> str:
    return part.path.rooted() if isinstance(part, Field) else _operand(part)


def _literal(value: Scalar) -> str:
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value)
