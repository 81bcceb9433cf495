"""Which parts of a text are placeholders depends on the known names; the text is read once for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.templates.placeholders import Placeholder, parse_template

PARTS = (
    "${",
    "}",
    "a",
    "b",
    ".x",
    "[0]",
    ":-",
    "|default:",
    ":json",
    "$",
    "{",
    "\n",
    "'",
    "##*/",
    " ",
    "${a.x}",
    "${b:-",
)
TEXTS = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("roots", "placeholders"),
    (
        (("a",), ["${a:-${b}}"]),
        (("b",), ["${b}"]),
        (("a", "b"), ["${a:-${b}}"]),
        ((), []),
    ),
)
def test_one_text_is_cut_by_the_names_that_are_known(roots: tuple[str, ...], placeholders: list[str]) -> None:
    assert [each.text for each in parse_template("x ${a:-${b}} y", roots).placeholders] == placeholders


def test_a_text_is_cut_once_for_the_same_names() -> None:
    assert parse_template("${a} again", {"a"}) is parse_template("${a} again", frozenset({"a"}))


def test_what_begins_like_a_placeholder_and_is_none_is_suspect_for_a_known_name_only() -> None:
    assert parse_template("${a.x##*/}", {"a"}).suspects == ((0, 10),)
    assert parse_template("${a.x##*/}", {"b"}).suspects == ()


@given(TEXTS, st.sets(st.sampled_from("ab")))
def test_the_pieces_joined_are_the_text(text: str, roots: set[str]) -> None:
    template = parse_template(text, roots)
    joined = "".join(each.text if isinstance(each, Placeholder) else each for each in template.segments)
    assert joined == text
    assert {each.root for each in template.placeholders} <= roots
