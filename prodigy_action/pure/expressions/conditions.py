"""`when`: whether a step runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.expressions.builder import ExpressionBuilder
from prodigy_action.pure.expressions.evaluation import Default, compile_test
from prodigy_action.pure.expressions.grammar import parse_expression
from prodigy_action.pure.expressions.tree import Call, Expression, Field, Span, Variable, Word, render
from prodigy_action.pure.json_values.field_path import MISSING, FieldPath, Missing, child

CONDITIONS_KEPT: Final = 512
"""The number of parsed conditions in the cache."""
_OPERATOR = re.compile(r"[=!<>&|(]|\b(?:and|or|not|in|contains|matches|starts_with|ends_with)\b", re.IGNORECASE)
_DEFAULT_SIGN = re.compile(r":-|\|default:")


@dataclass(frozen=True)
class Condition:
    """A condition on variables, compiled once.

    Names are variables, with or without `${…}` (also when `'${…}'` is quoted as a whole). A variable is found by its
    full dotted name (`build.success`), else by its longest known prefix and the fields below it. An unknown name is
    null, and null alone is false: a condition about a step that was skipped does not hold. `${name.exists}`
    distinguishes unknown from null. A bare word on the right of a comparison is the variable of that name, or, when
    there is none, the text itself (`env == production`). Captured text that reads as a number or boolean is compared as
    one with numbers and booleans. Alone, the texts `false`, `0` and the empty text are false.
    """

    expression: Expression
    evaluate: Callable[[Mapping[str, JsonValue]], bool] = field(init=False, compare=False, repr=False)
    """Whether the condition holds. Raises `ExpressionError` when a regular expression takes too long."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "evaluate", compile_test(self.expression, _VariableScope()))

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read the text of `when`; the same text is parsed once.

        Raises `ExpressionError` with offsets into `text` and a hint.
        """
        return _parsed(text)

    def __str__(self) -> str:
        return render(self.expression)


@lru_cache(maxsize=CONDITIONS_KEPT)
def _parsed(text: str) -> Condition:
    return Condition(parse_expression(text, _ConditionBuilder()))


class _ConditionBuilder(ExpressionBuilder):
    def __init__(self, *, inner: bool = False) -> None:
        """`inner`: what is read stands in braces already, in which no further expression is looked for."""
        self._inner = inner

    def field(self, text: str, span: Span) -> Expression:
        return self.variable(text, span)

    def variable(self, text: str, span: Span) -> Expression:
        name, *default = _DEFAULT_SIGN.split(text, maxsplit=1)
        try:
            path = FieldPath.parse(name, prefixed=False)
        except ExpressionError as error:
            if not self._inner and _OPERATOR.search(text):
                return _inner_expression(text, span)
            raise ExpressionError(
                f"unreadable variable {text!r}", start=span[0], end=span[1], hint=error.hint
            ) from error
        if len(path.segments) > 1 and path.segments[-1] == "exists":
            return Call("exists", (Variable(FieldPath(path.segments[:-1])),), span)
        return Variable(path, default[0] if default else None)

    def word(self, text: str, span: Span) -> Expression:
        return Word(text)

    def text(self, text: str, span: Span) -> Expression:
        if text.startswith("${") and text.find("}") == len(text) - 1:
            return self.variable(text[2:-1], span)
        if "${" in text:
            raise ExpressionError(
                "a variable inside quoted text",
                start=span[0],
                end=span[1],
                hint="compare the variable itself, as in ${name} == 'text'",
            )
        return super().text(text, span)


def _inner_expression(text: str, span: Span) -> Expression:
    """The expression that stands in one pair of braces, as in `${score >= 80}`."""
    try:
        return parse_expression(text, _ConditionBuilder(inner=True))
    except ExpressionError as error:
        start = min(span[0] + len("${") + error.start, span[1] - 1)
        end = min(span[0] + len("${") + error.end, span[1])
        raise ExpressionError(error.message, start=start, end=max(end, start + 1), hint=error.hint) from error


class _VariableScope:
    loose = True

    def getter(self, name: Field | Variable | Word, default: Default) -> Callable[[Any], JsonValue | Default]:
        match name:
            case Word(text):
                find = _finder(_word_path(text))
                return lambda variables: text if (value := find(variables)) is MISSING else value
            case Variable(path, fallback):
                find = _finder(path)
                otherwise = default if fallback is None or default is MISSING else fallback
                return lambda variables: otherwise if (value := find(variables)) is MISSING else value
            case Field(path):
                return path.getter(default)


def _word_path(text: str) -> FieldPath:
    try:
        return FieldPath.parse(text, prefixed=False)
    except ExpressionError:
        return FieldPath((text,))


def _finder(path: FieldPath) -> Callable[[Mapping[str, JsonValue]], JsonValue | Missing]:
    segments = path.segments
    dotted = 1
    while dotted < len(segments) and isinstance(segments[dotted], str):
        dotted += 1
    candidates = [(".".join(map(str, segments[:end])), segments[end:]) for end in range(dotted, 0, -1)]

    def find(variables: Mapping[str, JsonValue]) -> JsonValue | Missing:
        for name, rest in candidates:
            if name in variables:
                value = _descend(variables[name], rest)
                if value is not MISSING:
                    return value
        return MISSING

    return find


def _descend(value: JsonValue, segments: Sequence[str | int]) -> JsonValue | Missing:
    found: JsonValue | Missing = value
    for segment in segments:
        if found is MISSING:
            break
        found = child(found, segment)
    return found
