"""Quoted text in expressions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.text.quoting import QUOTED_PATTERN, quote, unquote


@pytest.mark.parametrize(
    ("token", "text"),
    (
        ("'a'", "a"),
        ('"it\'s"', "it's"),
        (r"'it\'s'", "it's"),
        (r"'^\d+\.py$'", r"^\d+\.py$"),
        (r"'\bword\b'", r"\bword\b"),
        (r"'a\\b'", r"a\b"),
        (r"'\n\t\r'", "\n\t\r"),
        (r"'\u00e9\ud83d\ude00\u'", "é😀\\u"),
    ),
)
def test_escapes_are_read_and_the_backslashes_of_regexes_stay(token: str, text: str) -> None:
    assert unquote(token) == text


@given(st.text() | st.text(alphabet="\\'\"nu0\n"))
def test_quoting_is_undone_by_unquoting(text: str) -> None:
    assert unquote(quote(text)) == text


@given(st.text(alphabet="\\'\"ab\n"))
def test_quoted_text_is_one_token(text: str) -> None:
    assert re.fullmatch(QUOTED_PATTERN, quote(text), re.DOTALL)
