"""Whatever text a workflow holds: it is read, or refused with a position inside it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.expressions.conditions import Condition
from prodigy_action.pure.expressions.filters import Filter
from prodigy_action.pure.expressions.sorting import SortOrder
from prodigy_action.pure.json_values.json_path import JsonPath

_TOKENS = """
a b.c == != < ( ) [ ] 'x' " ' && || ! not in contains length( , 5 - 1.5 true null ${x} ${ } $ . \\ ~= * item é
DESC NULLS FIRST ? @ : .. 1e999 count( match( :- |default: $.a $[ $[?
""".split()  # noqa: SIM905  # thirty quoted signs are not readable as a list
_TEXTS = st.lists(st.sampled_from([*_TOKENS, " ", "\n"]), max_size=12).map("".join) | st.text(max_size=12)


def _read_or_refused(parse: Callable[[str], object], text: str) -> object:
    """What `text` reads as, or None when it is refused with a position inside it."""
    try:
        return parse(text)
    except ExpressionError as error:
        refused = error
    assert 0 <= refused.start < refused.end
    assert refused.start <= len(text)
    return None


@pytest.mark.parametrize("parse", (Filter.parse, Condition.parse, SortOrder.parse, JsonPath.parse))
@given(text=_TEXTS)
def test_any_text_is_read_or_refused_in_place(parse: Callable[[str], object], text: str) -> None:
    parsed = _read_or_refused(parse, text)
    assert parsed is None or parse(str(parsed)) == parsed


@pytest.mark.parametrize("text", ("${:-in}", "${'x'==not:\\}", "${(}", "${a ==}", "${== b}", "!${!", "${a==${b==c}}"))
def test_an_expression_in_braces_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        Condition.parse(text)
    assert "nests deeper" not in str(refused.value)
    assert 0 <= refused.value.start < refused.value.end <= len(text)


@given(text=_TEXTS)
def test_any_filter_of_a_json_path_is_read_or_refused_in_place(text: str) -> None:
    path = _read_or_refused(JsonPath.parse, f"$[?{text}]")
    assert not isinstance(path, JsonPath) or isinstance(path.select([{"a": 1}, [2], "x"]), list)
