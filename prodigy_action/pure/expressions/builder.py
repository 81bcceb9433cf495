"""From the parser's tree to the syntax tree: names are resolved, functions checked, other forms normalized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import NumberText
from prodigy_action.pure.expressions.tree import (
    And,
    Call,
    Comparison,
    ComparisonOperator,
    Expression,
    Field,
    Literal,
    Membership,
    Not,
    Or,
    Span,
)
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.text.bounded_regex import compile_regex
from prodigy_action.pure.text.quoting import unquote
from prodigy_action.pure.text.suggestions import did_you_mean

if TYPE_CHECKING:
    from lark import Token, Tree

    Node = Tree[Token] | Token

FUNCTIONS: Final = {
    "contains": 2, "starts_with": 2, "ends_with": 2, "matches": 2,
    "is_null": 1, "is_not_null": 1, "is_number": 1, "is_string": 1, "is_bool": 1, "is_array": 1, "is_object": 1,
    "is_empty": 1, "length": 1, "exists": 1, "lower": 1, "upper": 1,
}  # fmt: skip
"""Every function and its number of arguments (`length(f, n)` is another form of `length(f) == n`)."""

_ALIASES: Final = {"~=": "matches", "startswith": "starts_with", "endswith": "ends_with"}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


class ExpressionBuilder:
    """Builds a filter's tree: names are fields of the item, a bare word opposite a field is text."""

    def build(self, node: Node) -> Expression:
        """The expression of a node."""
        if isinstance(node, str):
            return self._leaf(node)
        children = node.children
        match str(node.data):
            case "either":
                return Or(tuple(map(self.build, children[::2])))
            case "all_of":
                return And(tuple(map(self.build, children[::2])))
            case "negation":
                return Not(self.build(children[1]))
            case "comparison":
                operator = str(children[1])
                left, right = self._pair(children[0], children[2])
                return Comparison(cast("ComparisonOperator", "==" if operator == "=" else operator), left, right)
            case "text_test":
                return self._call(cast("Token", children[1]), [children[0], children[2]])
            case "call":
                return self._call(cast("Token", children[0]), children[1:])
            case membership:
                choices = cast("Tree[Token]", children[2]).children
                return Membership(
                    self.build(children[0]),
                    tuple(_choice(cast("Token", choice)) for choice in choices),
                    negated=membership == "no_membership",
                )

    def field(self, text: str, span: Span) -> Expression:
        """The expression of a path; `span` is its place in the text."""
        return Field(_path(text, span))

    def variable(self, text: str, span: Span) -> Expression:
        """The expression of `${text}`."""
        raise ExpressionError(
            f"a filter sees the item's fields, not the variable ${{{text}}}",
            start=span[0],
            end=span[1],
            hint=f"for the item's field write {text.removeprefix('item.')}",
        )

    def word(self, text: str, span: Span) -> Expression:
        """The expression of a bare word that is compared with a field."""
        return Literal(text, span)

    def text(self, text: str, span: Span) -> Expression:
        """The expression of a quoted text."""
        return Literal(text, span)

    def _leaf(self, token: Token) -> Expression:
        span = _span(token)
        match token.type:
            case "PATH" | "ROOTED":
                return self.field(str(token), span)
            case "VARIABLE":
                return self.variable(token[2:-1], span)
            case "WORD":
                return self.word(str(token), span)
            case "QUOTED":
                return self.text(unquote(str(token)), span)
            case _:
                return _literal(token)

    def _pair(self, left: Node, right: Node) -> tuple[Expression, Expression]:
        first = self.build(left)
        if isinstance(first, Literal) and isinstance(right, str) and right.type == "WORD":
            return first, self.field(str(right), _span(right))
        return first, self.build(right)

    def _call(self, token: Token, arguments: list[Node]) -> Expression:
        name = _ALIASES.get(token.lower(), token.lower())
        span = _span(token)
        if name not in FUNCTIONS:
            raise ExpressionError(
                f"unknown function {str(token)!r}", start=span[0], end=span[1], hint=did_you_mean(token, FUNCTIONS)
            )
        expected = FUNCTIONS[name]
        values = list(self._pair(arguments[0], arguments[1])) if len(arguments) > 1 else [*map(self.build, arguments)]
        if name == "length" and len(arguments) == 2:
            return Comparison("==", Call(name, (values[0],), span), values[1])
        if len(arguments) != expected:
            raise ExpressionError(
                f"{name} takes {expected} argument{'s' if expected > 1 else ''}, here are {len(arguments)}",
                start=span[0],
                end=span[1],
                hint=f"write {name}(field{', value' if expected > 1 else ''})",
            )
        if name == "matches":
            values[1] = _checked_pattern(values[1], span)
        return Call(name, tuple(values), span)


def _path(text: str, span: Span) -> FieldPath:
    try:
        return FieldPath.parse(text)
    except ExpressionError as error:
        raise ExpressionError(error.message, start=span[0], end=span[1], hint=error.hint) from error


def _checked_pattern(pattern: Expression, span: Span) -> Literal:
    if not isinstance(pattern, Literal) or isinstance(pattern.value, bool | None):
        raise ExpressionError(
            "the pattern of matches is written as quoted text",
            start=span[0],
            end=span[1],
            hint=r"as in name ~= '\.py$'",
        )
    literal = pattern if isinstance(pattern.value, str) else Literal(_number_text(pattern.value), pattern.span)
    compile_regex(str(literal.value), start=literal.span[0], end=literal.span[1])
    return literal


def _choice(token: Token) -> Literal:
    return Literal(str(token), _span(token)) if token.type == "WORD" else _literal(token)


def _literal(token: Token) -> Literal:
    span = _span(token)
    if token.type == "QUOTED":
        return Literal(unquote(str(token)), span)
    if token.type == "CONSTANT":
        return Literal(_CONSTANTS[str(token)], span)
    if token.lstrip("-").isdigit():
        if len(token) > 4000:
            raise ExpressionError("a number has too many digits", start=span[0], end=span[1])
        return Literal(int(token), span)
    return Literal(NumberText(str(token)), span)


def _number_text(value: float) -> str:
    return value.text if isinstance(value, NumberText) else str(value)


def _span(token: Token) -> Span:
    start = token.start_pos or 0
    return start, start + len(token)
