"""Decoding, and offsets as lines and columns."""

from __future__ import annotations

import pytest

from prodigy_action.errors import InvalidInput, Position
from prodigy_action.inputs.documents.source_text import SIZE_LIMIT, SourceText, decode_source


@pytest.mark.parametrize(
    ("content", "code", "position"),
    (
        (b"a" * (SIZE_LIMIT + 1), "too-large", Position(1, 1)),
        (b"\xff\xfea\x00", "encoding", Position(1, 1)),
        (b"\xfe\xff\x00a", "encoding", Position(1, 1)),
        (b"\xff\xfe\x00\x00", "encoding", Position(1, 1)),
        ("a: b\nc: \xe9".encode("latin-1"), "encoding", Position(2, 4)),
        (b"a: b\r\nc: \x1b[31m", "control-character", Position(2, 4)),
        (b"a: \x00", "control-character", Position(1, 4)),
    ),
)
def test_what_is_no_utf8_text_is_refused_in_place(content: bytes, code: str, position: Position) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_source(content, "w.yml")
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.position) == (code, position)


def test_a_file_of_exactly_the_limit_is_read() -> None:
    assert len(decode_source(b"a" * SIZE_LIMIT, "w.yml").text) == SIZE_LIMIT


@pytest.mark.parametrize("line_break", ("\n", "\r\n", "\r", "\x85", "\u2028"))
def test_every_line_break_of_yaml_counts(line_break: str) -> None:
    source = SourceText("w.yml", f"one{line_break}two{line_break}")
    assert (source.line(1), source.line(2), source.line(3), source.line(4)) == ("one", "two", "", None)


def test_a_span_ends_with_its_first_line() -> None:
    source = SourceText("w.yml", "one\ntwo")
    assert source.position(1, 6) == Position(1, 2, 4)


def test_an_offset_beyond_the_text_is_its_end() -> None:
    assert SourceText("w.yml", "one").position(99) == Position(1, 4)
