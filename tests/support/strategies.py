"""Hypothesis strategies: JSON items and expressions over their fields."""

from __future__ import annotations

from hypothesis import strategies as st

from prodigy_action.model.json_value import JsonValue, NumberText
from prodigy_action.pure.expressions.sorting import SortKey, SortOrder
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
    Scalar,
)
from prodigy_action.pure.json_values.field_path import FieldPath

FIELD_NAMES = ["a", "b", "c.d", "item", "é x", "0"]

texts = st.sampled_from(["", "a", "ab", "b", "B", "5", "false", "é'\"\\\n"]) | st.text(max_size=4)
numbers: st.SearchStrategy[int | float] = (
    st.integers(-3, 3)
    | st.integers()
    | st.sampled_from(["1.0", "0.5", "1e2", "-0.0", "2.50", "5.0"]).map(NumberText)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: NumberText(repr(number)))
)
scalars: st.SearchStrategy[Scalar] = st.none() | st.booleans() | numbers | texts
json_values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELD_NAMES), inner, max_size=3),
    max_leaves=8,
)
objects: st.SearchStrategy[JsonValue] = st.dictionaries(st.sampled_from(FIELD_NAMES), json_values, max_size=4)
items: st.SearchStrategy[JsonValue] = objects | json_values

field_paths = st.lists(st.sampled_from(FIELD_NAMES) | st.integers(-2, 2), max_size=3).map(
    lambda segments: FieldPath(tuple(segments))
)
fields = field_paths.map(Field)
literals = scalars.map(Literal)

_value_calls = st.builds(
    lambda name, argument: Call(name, (argument,)), st.sampled_from(["length", "lower", "upper"]), fields
)
_operands: st.SearchStrategy[Expression] = fields | literals | _value_calls
_predicates = st.builds(
    lambda name, argument: Call(name, (argument,)),
    st.sampled_from(
        ["is_null", "is_not_null", "is_number", "is_string", "is_bool", "is_array", "is_object", "is_empty", "exists"]
    ),
    fields,
)
_text_tests = st.builds(
    lambda name, value, sought: Call(name, (value, sought)),
    st.sampled_from(["contains", "starts_with", "ends_with"]),
    _operands,
    fields | literals,
)
_pattern_tests = st.builds(
    lambda value, pattern: Call("matches", (value, Literal(pattern))),
    fields,
    st.sampled_from(["a", "^b?$", r"\d", "é|x"]),
)
_comparisons = st.builds(Comparison, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _operands, _operands)
_memberships = st.builds(Membership, _operands, st.lists(literals, max_size=3).map(tuple), st.booleans())

expressions: st.SearchStrategy[Expression] = st.recursive(
    fields | _comparisons | _memberships | _predicates | _text_tests | _pattern_tests,
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
        | st.builds(Comparison, st.sampled_from(["==", "!="]), inner, literals)
    ),
    max_leaves=6,
)

sort_keys = st.builds(SortKey, field_paths, st.booleans(), st.booleans())
sort_orders = st.lists(sort_keys, min_size=1, max_size=3).map(lambda keys: SortOrder(tuple(keys)))
