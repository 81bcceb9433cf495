"""Long texts are cut into lines and records block by block."""

from __future__ import annotations

import pytest

from prodigy_action.errors import InvalidInput
from prodigy_action.pure.items import source
from prodigy_action.pure.items.source import parse_items, parse_json_lines


@pytest.mark.parametrize("block", (1, 2, 3, 7, 100))
@pytest.mark.parametrize("separator", ("\n", "\0"))
def test_the_items_do_not_depend_on_the_size_of_the_blocks(
    block: int, separator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_BLOCK", block)
    text = separator.join(["one", "", "", "two words", "3x", "", "last", ""])

    assert parse_items(text, ".txt") == [{"item": each} for each in ("one", "two words", "3x", "last")]


@pytest.mark.parametrize("block", (1, 2, 3, 7, 100))
def test_json_lines_do_not_depend_on_the_size_of_the_blocks(block: int) -> None:
    text = '\ufeff{"a": 1}\r\n\n[2, "x"]\n"last"'

    assert parse_json_lines(_cut(text, block)) == [{"a": 1}, [2, "x"], "last"]


@pytest.mark.parametrize("block", (1, 2, 3, 7, 100))
def test_an_error_of_json_lines_has_its_line_and_column_in_the_file(block: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_json_lines(_cut('{"a": 1}\n\n{"a": 1,}\n', block), source="items.jsonl")

    (problem,) = caught.value.diagnostics
    assert problem.position is not None
    assert (problem.source, problem.position.line, problem.source_line) == ("items.jsonl", 3, '{"a": 1,}')


def test_a_nul_character_in_json_lines_is_found_across_blocks() -> None:
    with pytest.raises(InvalidInput, match="item 1 has a NUL character"):
        parse_json_lines(_cut('{"a": 1}\n{"a": "\\u0000"}\n', 2))


def _cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


class Cancelled(Exception):
    pass


@pytest.mark.parametrize(
    ("suffix", "text"),
    ((".txt", "a\n" * 2**22), (".txt", "\0" * 2**22), (".csv", "a,b\n" * 2**15), (".jsonl", "1\n" * 2**21)),
)
def test_the_work_on_a_large_text_can_be_ended(suffix: str, text: str) -> None:
    calls: list[int] = []

    def ends_at_the_third() -> None:
        calls.append(0)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        parse_items(text, suffix, checkpoint=ends_at_the_third)
