"""Regular expressions with a bound."""

import pytest

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.text.bounded_regex import searcher


def test_a_pattern_matches_anywhere() -> None:
    assert searcher(r"b\d")("ab1")
    assert not searcher(r"^b\d")("ab1")


@pytest.mark.parametrize("pattern", ("(", "a**", "[b-a]", "(?P<x", r"\p{Nonsense}"))
def test_a_wrong_pattern_is_reported_where_it_stands(pattern: str) -> None:
    with pytest.raises(ExpressionError, match="is wrong") as caught:
        searcher(pattern, start=3, end=9)
    assert (caught.value.start, caught.value.end) == (3, 9)


def test_a_pattern_that_may_change_its_meaning_is_no_warning() -> None:
    assert searcher("[[a]")("[")
