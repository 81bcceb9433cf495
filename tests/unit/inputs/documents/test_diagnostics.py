"""Diagnostics as a reader and as a tool sees them."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.errors import Diagnostic, Position
from prodigy_action.inputs.documents.diagnostics import diagnostic_json, render_diagnostic, suggest


def test_place_message_line_caret_and_hint() -> None:
    diagnostic = Diagnostic("wrong word", "w.yml", Position(12, 3, 7), "  shel: x", "did you mean `shell`?")
    assert render_diagnostic(diagnostic) == (
        "w.yml:12:3: error: wrong word\n 12 |   shel: x\n    |   ^^^^\n    = did you mean `shell`?"
    )


def test_without_a_place_it_is_one_line() -> None:
    assert render_diagnostic(Diagnostic("is not a number", "input max-parallel")) == (
        "input max-parallel: error: is not a number"
    )


def test_carets_are_as_wide_as_what_they_mark() -> None:
    diagnostic = Diagnostic("wrong", "w.yml", Position(1, 4, 6), "日本 日本x", severity="warning")
    assert render_diagnostic(diagnostic) == "w.yml:1:4: warning: wrong\n 1 | 日本 日本x\n   |      ^^^^"


def test_a_tab_takes_four_columns() -> None:
    diagnostic = Diagnostic("wrong", "w.yml", Position(1, 2, 3), "\tx")
    assert render_diagnostic(diagnostic) == "w.yml:1:2: error: wrong\n 1 |     x\n   |     ^"


def test_a_long_line_is_cut_around_the_caret() -> None:
    line = "a" * 500 + "HERE" + "b" * 500
    shown = render_diagnostic(Diagnostic("wrong", "w.yml", Position(1, 501, 505), line)).split("\n")
    assert shown[1] == f" 1 | …{'a' * 40}HERE{'b' * 56}…"
    assert shown[2] == f"   | {' ' * 41}^^^^"


def test_the_end_of_a_line_can_be_marked() -> None:
    diagnostic = Diagnostic("ends too early", "w.yml", Position(1, 4), "abc")
    assert render_diagnostic(diagnostic).endswith(" 1 | abc\n   |    ^")


def test_runner_commands_of_a_file_are_broken_up() -> None:
    diagnostic = Diagnostic("##[error]x\n::set-output", "::error::w.yml", Position(1, 1, 9), "##[group]y", "##[debug]")
    text = render_diagnostic(diagnostic)
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


@settings(max_examples=150)
@given(st.text(), st.text(), st.text(), st.integers(1, 40), st.integers(0, 40))
def test_nothing_in_a_diagnostic_acts_on_the_terminal(
    message: str, line: str, hint: str, column: int, more: int
) -> None:
    position = Position(1, column, column + more)
    text = render_diagnostic(Diagnostic(message, "w.yml", position, line, hint or None))
    assert len(text.split("\n")) == (4 if hint else 3)
    assert all(character == "\n" or character.isprintable() or category(character) == "Zs" for character in text)
    assert "##[" not in text


@pytest.mark.parametrize(
    ("word", "expected"),
    (("shel", "shell"), ("SHELL", "shell"), ("max-items", "max_items"), ("maxitems", "max_items"), ("zebra", None)),
)
def test_suggestions(word: str, expected: str | None) -> None:
    assert suggest(word, ["shell", "max_items", "timeout"]) == expected


def test_the_json_form_names_every_part() -> None:
    diagnostic = Diagnostic("wrong", "w.yml", Position(2, 3, 4), "  x", "right", code="unknown-key")
    assert diagnostic_json(diagnostic) == {
        "severity": "error",
        "code": "unknown-key",
        "message": "wrong",
        "file": "w.yml",
        "line": 2,
        "column": 3,
        "end_column": 4,
        "source_line": "  x",
        "hint": "right",
    }
