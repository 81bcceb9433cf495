from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.adapters.processes.bounded_output import CombinedTail
from prodigy_action.pure.steps.captures import cut_output
from prodigy_action.pure.text.cutting import CUT_MARK, cut, cut_around, cut_start
from prodigy_action.pure.text.masking import SHORTEST_PIECE, Masker

texts = st.text(st.sampled_from("ab-…"), max_size=12)


def no_part_of(secret: str, text: str) -> bool:
    size = SHORTEST_PIECE
    return not any(secret[start : start + size] in text for start in range(len(secret) - size + 1))


@pytest.mark.parametrize(
    ("shorten", "shown"),
    (
        (lambda text: cut(text, 5), "abcd…"),
        (lambda text: cut_start(text, 5), "…efgh"),
        (lambda text: cut_around(text, 4, 2), "…cdef…"),
        (lambda text: cut(text, 8), "abcdefgh"),
        (lambda text: cut_start(text, 8), "abcdefgh"),
        (lambda text: cut_around(text, 4, 4), "abcdefgh"),
    ),
)
def test_a_shorter_text_has_a_mark_where_something_is_left_out(shorten: Callable[[str], str], shown: str) -> None:
    assert shorten("abcdefgh") == shown


@given(texts, texts, st.integers(1, 30), st.integers(0, 30))
def test_no_cut_leaves_a_part_of_a_secret(before: str, after: str, length: int, offset: int) -> None:
    secret = "0123456789qwertzuiop"
    masker = Masker([secret])
    text = before + secret + after

    for short in (cut(text, length), cut_start(text, length), cut_around(text, offset, length)):
        assert no_part_of(secret, masker.mask_text(short))
        assert no_part_of(secret, masker.mask_text(f"{short!r} is no number"))


CUTS_OF_BYTES: dict[str, Callable[[bytes, int], str]] = {
    "the beginning of an output": lambda output, length: cut_output(output[:length]),
    "the end of an output": lambda output, length: _tail(output, length),
}


def _tail(output: bytes, length: int) -> str:
    kept = CombinedTail(length)
    for start in range(0, len(output), 7):
        kept.receive(output[start : start + 7])
    return kept.text()


@pytest.mark.parametrize("kind", CUTS_OF_BYTES)
@given(texts, texts, st.integers(1, 80))
def test_no_cut_of_bytes_leaves_a_part_of_a_secret(kind: str, before: str, after: str, length: int) -> None:
    secret = "0123äöü€456😀789qwertzß"
    output = (before + secret + after).encode()
    if length < len(output):
        shown = CUTS_OF_BYTES[kind](output, length)

        assert CUT_MARK in shown
        assert no_part_of(secret, Masker([secret]).mask_text(shown))


@given(texts, st.integers(0, 24))
def test_the_piece_of_a_secret_at_the_end_of_a_cut_value_is_removed(before: str, length: int) -> None:
    secret = "0123456789qwertzuiop"
    value = (before + secret)[: len(before) + length]

    kept = Masker([secret]).without_cut_secret(value)

    assert value.startswith(kept)
    assert length >= len(secret) or no_part_of(secret, kept)


@pytest.mark.parametrize(
    "text",
    (
        "'it'\"'\"'s a \"secret\"'",
        "'it'\\''s a \"secret\"'",
        repr('it\'s a "secret"'),
        "it&#x27;s a &quot;secret&quot;",
        "it&#39;s a &#34;secret&#34;",
    ),
)
def test_a_secret_is_masked_as_shells_messages_and_pages_quote_it(text: str) -> None:
    assert "secret" not in Masker(['it\'s a "secret"']).mask_text(text)


@given(st.lists(st.integers(0, 40), max_size=4))
def test_secrets_in_a_content_are_counted_whatever_its_blocks(sizes: list[int]) -> None:
    content = b"--secret-value--secret-value--secret-valuX--"
    blocks, position = list[bytes](), 0
    for size in sizes:
        blocks.append(content[position : position + size])
        position += size

    assert Masker(["secret-value"]).count_in_content([*blocks, content[position:]]) == 2


def test_short_secrets_are_not_looked_for_in_contents() -> None:
    assert not Masker(["abc"]).searches_contents
    assert Masker(["abc"]).count_in_content([b"abc"]) == 0
