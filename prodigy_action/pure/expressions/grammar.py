"""The grammar that filters and `when` share: text → syntax tree, errors with a position and a hint."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.expressions.builder import ExpressionBuilder
from prodigy_action.pure.expressions.tree import Expression, walk
from prodigy_action.pure.json_values.field_path import PATH_PATTERN
from prodigy_action.pure.text.quoting import QUOTED_PATTERN
from prodigy_action.pure.text.suggestions import syntax_error

if TYPE_CHECKING:
    from lark import Lark

MAX_DEPTH: Final = 100
"""How deeply an expression may nest."""

_WORD_CHARACTER = r"""[^\s()\[\]{}'"=<>!&|,]"""
_END = f"(?!{_WORD_CHARACTER})"

_GRAMMAR = rf"""
    start: either
    ?either: all_of (OR all_of)*
    ?all_of: negation (AND negation)*
    ?negation: NOT negation | test
    ?test: operand
         | operand COMPARISON right             -> comparison
         | operand TEXT_TEST right              -> text_test
         | operand IN "[" choices "]"           -> membership
         | operand NOT_IN "[" choices "]"       -> no_membership
    choices: (choice ("," choice)* ","?)?
    ?choice: _literal | WORD
    ?operand: _literal | PATH | VARIABLE | call | "(" either ")"
    ?right: _literal | ROOTED | WORD | VARIABLE | call | "(" either ")"
    call: FUNCTION "(" (operand ("," right)*)? ")"
    _literal: QUOTED | NUMBER | CONSTANT

    OR.9: /\|\||or{_END}/i
    AND.9: /&&|and{_END}/i
    NOT.9: /!(?!=)|not{_END}/i
    NOT_IN.10: /not\s+in{_END}/i
    IN.9: /in{_END}/i
    TEXT_TEST.9: /~=|(?:contains|starts_?with|ends_?with|matches){_END}/i
    COMPARISON.9: /[=!<>]=|[=<>]/
    CONSTANT.8: /(?:true|false|null){_END}/
    NUMBER.8: /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?{_END}/
    VARIABLE.8: /\$\{{(?:[^{{}}'"]|{QUOTED_PATTERN})*\}}/s
    FUNCTION.7: /[A-Za-z_]\w*(?=\s*\()/
    QUOTED.7: /{QUOTED_PATTERN}/s
    ROOTED.6: /(?=(?:\$|item)[.\[])(?:{PATH_PATTERN})|\${_END}/s
    PATH.1: /{PATH_PATTERN}/s
    WORD.1: /{_WORD_CHARACTER}+/
    %ignore /\s+/
"""


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def parse_expression(text: str, builder: ExpressionBuilder) -> Expression:
    """Read one expression; `builder` decides what names mean.

    Raises `ExpressionError` with offsets into `text` for a syntax error, an unknown function, a wrong number of
    arguments, a regular expression that does not compile, or more than `MAX_DEPTH` levels.
    """
    from lark.exceptions import UnexpectedInput

    if not text.strip():
        raise ExpressionError(
            "the expression is empty", end=max(1, len(text)), hint="write for example status == 'open'"
        )
    try:
        expression = builder.build(_parser().parse(text).children[0])
    except UnexpectedInput as error:
        at_end = getattr(getattr(error, "token", None), "type", None) == "$END"
        raise syntax_error(text, None if at_end else error.pos_in_stream) from error
    except RecursionError as error:
        raise _too_deep(text) from error
    if any(depth > MAX_DEPTH for _, depth in walk(expression)):
        raise _too_deep(text)
    return expression


def _too_deep(text: str) -> ExpressionError:
    return ExpressionError(f"the expression nests deeper than {MAX_DEPTH} levels", end=len(text))
