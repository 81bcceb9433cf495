"""Filters: the language reference, section 6."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, number_text, parse_json
from prodigy_action.pure.expressions.filters import Filter
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
    render,
)
from prodigy_action.pure.json_values.field_path import MISSING
from tests.support.strategies import expressions, items

ITEM = parse_json(
    """{"type": "bug", "score": 5.0, "big": 12345678901234567890, "open": true, "gone": null, "tags": ["x", "y", 3],
        "user": {"name": "Ann Lee", "a b": 1}, "path": "src/main.py", "empty": "", "list": [], "zero": 0, "order": 1,
        "in": "i", "text5": "5", "quote": "it's \\"q\\" && (x)", "not": 7, "café": "é"}"""
)


@pytest.mark.parametrize(
    "text",
    (
        "type == 'bug'",
        'type = "bug"',
        "type == bug",
        "type=='bug'&&score>=5",
        "score == 5",
        "score == 5.0",
        "5 == score",
        "5 < big",
        "big == 12345678901234567890",
        "big != 12345678901234567891",
        "score in [1, 5]",
        "type in [bug, 'feature']",
        "type in ['bug',]",
        "type not in ['a', 'b']",
        "missing in [null]",
        "missing not in ['a']",
        "missing == null",
        "gone == null",
        "missing != 'x'",
        "!(missing < 5)",
        "text5 != 5",
        "text5 == '5'",
        "open == true",
        "open != 1",
        "open != 'true'",
        "!(open > 0)",
        "type < 'c'",
        "!(type > 1)",
        "!(gone >= null)",
        "user.name starts_with Ann",
        "user['a b'] == 1",
        "item.user.name ends_with 'Lee'",
        "$.tags[0] == x",
        "tags[-1] == 3.0",
        "tags contains 'y'",
        "tags contains 3",
        "!(tags contains '3')",
        "contains(user, 'name')",
        "contains(text5, 5)",
        "path matches '\\.py$'",
        "path ~= '^src/'",
        "matches(path, 'main')",
        r'matches(path, "^src/\w+\.py$")',
        "!(score matches '5')",
        "is_null(gone) and is_null(missing)",
        "exists(gone) and not exists(missing)",
        "is_not_null(type) && is_string(type) && is_number(big) && is_bool(open) && is_array(tags) && is_object(user)",
        "is_empty(empty) && is_empty(list) && is_empty(gone) && is_empty(missing)",
        "!is_empty(zero) && !is_empty(tags)",
        "length(tags) == 3",
        "length(tags, 3)",
        "length(type) > 2",
        "length(user) < 3",
        "!(length(score) == 0)",
        "lower(user.name) == 'ann lee' && upper(type) == 'BUG'",
        "contains(lower(user.name), 'ann')",
        "IS_NULL(gone) AND NOT IS_NULL(type) OR false",
        "open",
        "!zero && !empty && !list && !gone && !missing",
        "not zero == 1",
        "order == 1 || or_else == 2",
        "in == i",
        "$.not == 7",
        "(type) == ('bug')",
        "(score > 1) == true",
        "quote == 'it\\'s \"q\" && (x)'",
        'quote contains "\\"q\\" &&"',
        "café == 'é'",
        "café == '\\u00e9'",
        "score == $.score",
        "score >= item.order",
        "true",
    ),
)
def test_a_condition_that_the_item_fulfils(text: str) -> None:
    assert Filter.parse(text).matches(ITEM)


@pytest.mark.parametrize(
    ("text", "meaning"),
    (
        ("a == 1 || b == 1 && c == 1", "a == 1 || (b == 1 && c == 1)"),
        ("not a == 1 and b == 1", "(!(a == 1)) && b == 1"),
        ("! a == 1 && b == 1", "(not (a == 1)) and b == 1"),
        ("a == 1 OR b == 1 or c == 1", "a == 1 || b == 1 || c == 1"),
        ("a contains x && b", "contains(a, 'x') && b"),
        ("a startswith x", "starts_with(a, 'x')"),
        ("length(a, 2)", "length(a) == 2"),
    ),
)
def test_two_forms_of_one_condition(text: str, meaning: str) -> None:
    assert Filter.parse(text) == Filter.parse(meaning)


@pytest.mark.parametrize(
    ("text", "message", "start", "end", "hint"),
    (
        ("", "the expression is empty", 0, 1, "write for example status == 'open'"),
        ("a == ", "the expression ends too early", 4, 5, "a value or a condition is missing"),
        ("(a == 1", "the expression ends too early", 7, 8, "a ( is not closed"),
        ("a == 'x", "quoted text without a closing quote", 5, 7, "close it with '"),
        (
            "a == in progress",
            "unexpected 'progress'",
            8,
            16,
            "quote text that has spaces, and join conditions with && or ||",
        ),
        ("a & b", "unexpected '&'", 2, 3, "and is written &&"),
        ("a === 1", "unexpected '='", 4, 5, "equality is written =="),
        ("a == 1)", "unexpected ')'", 6, 7, "there is no ( for it, or a value is missing before it"),
        ("lenght(a) > 1", "unknown function 'lenght'", 0, 6, "did you mean `length`?"),
        ("b && contains(a)", "contains takes 2 arguments, here are 1", 5, 13, "write contains(field, value)"),
        ("a is null", "unexpected 'is'", 2, 4, "write is_null(field) or is_not_null(field)"),
        ("tags[*] == 1", "unexpected '['", 4, 5, "an index is [0], a key ['name']; a list follows `in`"),
        ("${x} > 1", "a filter sees the item's fields, not the variable ${x}", 0, 4, "for the item's field write x"),
        ("a ~= '('", "the regular expression '(' is wrong: missing ) at character 2", 5, 8, None),
        ("a ~= $.b", "the pattern of matches is written as quoted text", 2, 4, r"as in name ~= '\.py$'"),
        ("a == 1 == 2", "unexpected '='", 7, 8, "equality is written =="),
    ),
)
def test_a_wrong_filter_is_reported_in_place(text: str, message: str, start: int, end: int, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        Filter.parse(text)
    error = caught.value
    assert (error.message, error.start, error.end, error.hint) == (message, start, end, hint)


def test_a_regex_that_takes_too_long_is_an_error_that_names_it() -> None:
    slow = Filter.parse("name ~= '^(a|aa)+$'")
    with pytest.raises(ExpressionError, match="takes longer than 1 s on 'aaa") as caught:
        slow.matches({"name": "a" * 60 + "b"})
    assert (caught.value.start, caught.value.end) == (8, 19)


@pytest.mark.parametrize("text", ("!" * 3000 + "a", "not " * 150 + "a", "(a == " * 150 + "1" + ")" * 150))
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="nests deeper than 100 levels"):
        Filter.parse(text)


def test_needless_parentheses_are_no_nesting() -> None:
    assert Filter.parse("(" * 3000 + "a" + ")" * 3000) == Filter.parse("a")


def test_a_long_chain_is_not_deep() -> None:
    chain = Filter.parse(" or ".join(f"a == {number}" for number in range(2000)))
    assert chain.matches({"a": 1999})


def test_eq_is_the_filter_of_one_field_and_value() -> None:
    assert Filter.eq("type", "a") == Filter.parse("type == 'a'")
    assert str(Filter.eq("c.d", 5)) == "c.d == 5"


@given(expressions)
def test_the_text_of_an_expression_reads_back_as_the_expression(expression: Expression) -> None:
    text = render(expression)
    again = Filter.parse(text)
    assert again.expression == expression
    assert str(again) == text


@given(expressions, items)
def test_a_compiled_filter_agrees_with_the_definition(expression: Expression, item: JsonValue) -> None:
    assert Filter(expression).matches(item) is _truth(_value(expression, item))


def _truth(value: JsonValue) -> bool:
    return value not in ("", "false", "0") if isinstance(value, str) else bool(value)


def _kind(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "object"
    return "null" if value is None else "array"


def _same(left: Any, right: Any) -> bool:
    if _kind(left) != _kind(right):
        return False
    if isinstance(left, dict):
        return set(left) == set(right) and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(_same(*pair) for pair in zip(left, right, strict=True))
    return bool(left == right)


def _text(value: JsonValue) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return number_text(value)
    return value if isinstance(value, str) else None


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip


def _value(expression: Expression, item: JsonValue) -> Any:
    """The definition: a tree walk without any shortcut."""
    match expression:
        case Literal(value):
            return value
        case Field(path):
            found = path.lookup(item)
            return None if found is MISSING else found
        case Or(parts):
            return any(_truth(_value(part, item)) for part in parts)
        case And(parts):
            return all(_truth(_value(part, item)) for part in parts)
        case Not(inner):
            return not _truth(_value(inner, item))
        case Membership(value, choices, negated):
            return any(_same(_value(value, item), choice.value) for choice in choices) != negated
        case Comparison("==", left, right):
            return _same(_value(left, item), _value(right, item))
        case Comparison("!=", left, right):
            return not _same(_value(left, item), _value(right, item))
        case Comparison(sign, left, right):
            first, second = _value(left, item), _value(right, item)
            kinds = {_kind(first), _kind(second)}
            return kinds in ({"number"}, {"text"}) and _ORDER[sign](first, second)
        case Call(name, arguments):
            return _called(name, arguments, item)
        case _:
            raise AssertionError(expression)


def _called(name: str, arguments: Sequence[Expression], item: JsonValue) -> Any:
    value = _value(arguments[0], item)
    kind = _kind(value)
    match name:
        case "exists":
            return isinstance(arguments[0], Field) and arguments[0].path.lookup(item) is not MISSING
        case "length":
            return len(value) if kind in ("text", "array", "object") else None
        case "lower" | "upper":
            return getattr(value, name)() if kind == "text" else None
        case "is_empty":
            return kind == "null" or (kind in ("text", "array", "object") and not value)
        case "is_not_null":
            return kind != "null"
        case "matches":
            return kind == "text" and re.search(str(_value(arguments[1], item)), value) is not None
        case "contains" | "starts_with" | "ends_with":
            sought = _value(arguments[1], item)
            text = _text(sought)
            if name != "contains":
                return kind == "text" and text is not None and getattr(value, name.replace("_", ""))(text)
            if kind == "text":
                return text is not None and text in value
            if kind == "object":
                return _kind(sought) == "text" and sought in value
            return kind == "array" and any(_same(element, sought) for element in value)
        case _:
            return kind == {"string": "text"}.get(name.removeprefix("is_"), name.removeprefix("is_"))
