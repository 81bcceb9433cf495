"""Random shell texts with placeholders, each with what it prints when the value is data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import strategies as st

Printed: TypeAlias = Callable[[str], str]
"""From the value to the output."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A text and what it stands for."""

    text: str
    gives: Printed


def _literal(text: str) -> Piece:
    return Piece(text, lambda _: text)


def _joined(pieces: list[Piece]) -> Piece:
    return Piece("".join(piece.text for piece in pieces), lambda value: "".join(piece.gives(value) for piece in pieces))


def _substituted(word: Piece, opening: str, closing: str) -> Piece:
    return Piece(f'"{opening}printf %s {word.text}{closing}"', lambda value: word.gives(value).rstrip("\n"))


VALUE_PIECES = st.sampled_from(
    [
        Piece('"${item}"', lambda value: value),
        Piece("'${item}'", lambda value: value),
        Piece('"a${item}b"', lambda value: f"a{value}b"),
        Piece("'$x `y` \"${item}\\'", lambda value: f'$x `y` "{value}\\'),
        Piece("\"'${item}'\"", lambda value: f"'{value}'"),
        Piece('"${unset:-${item}}"', lambda value: value or ""),
        Piece('"\\"${item}\\""', lambda value: f'"{value}"'),
        Piece('"#${item}"', lambda value: f"#{value}"),
        Piece('"${item}${item}"', lambda value: value * 2),
    ]
)
PIECES = st.one_of(VALUE_PIECES, st.sampled_from([_literal("lit"), _literal("a#b"), Piece("\\;", lambda _: ";")]))
WORDS = st.recursive(
    st.lists(PIECES, min_size=1, max_size=3).map(_joined),
    lambda words: st.one_of(
        words.map(lambda word: _substituted(word, "$(", ")")),
        words.filter(lambda word: "\\" not in word.text and "`" not in word.text).map(
            lambda word: _substituted(word, "`", "`")
        ),
    ),
    max_leaves=2,
)


def _shown(words: list[Piece]) -> Piece:
    text = "show " + " ".join(word.text for word in words)
    return Piece(text, lambda value: "".join(f"<{word.gives(value)}>" for word in words))


def _assigned(word: Piece) -> Piece:
    return Piece(f'v={word.text}\nshow "$v"', lambda value: f"<{word.gives(value)}>")


def _heredoc(quoted: bool) -> Piece:
    if quoted:
        return Piece("cat <<'EOF'\n$v `w` \\ ${item}\nEOF", lambda value: f"$v `w` \\ {value}\n")
    return Piece("cat <<EOF\n\"q\" ${item} $(printf %s '${item}')\nEOF", lambda v: f'"q" {v} {v.rstrip(chr(10))}\n')


SIMPLE = st.one_of(
    st.lists(WORDS, min_size=1, max_size=3).map(_shown),
    WORDS.map(_assigned),
    st.booleans().map(_heredoc),
    WORDS.map(lambda word: Piece(f"cat < /dev/null; printf %s {word.text} | cat", word.gives)),
    WORDS.map(lambda word: Piece(f'set -- {word.text}\nshow "$1"', lambda value: f"<{word.gives(value)}>")),
)


def _around(before: str, after: str, times: int = 1) -> Callable[[Piece], Piece]:
    return lambda inner: Piece(f"{before}\n{inner.text}\n{after}", lambda value: inner.gives(value) * times)


STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(
            lambda two: Piece(f"{two[0].text}\n{two[1].text}", lambda v: two[0].gives(v) + two[1].gives(v))
        ),
        inner.map(_around("if true; then", "fi")),
        inner.map(_around("for i in 1 2; do", "done", 2)),
        inner.map(_around("case a in (a)", ";;\nesac")),
        inner.map(_around("(", ")")),
        inner.map(_around("{", "} # it's \"${item}")),
        inner.map(_around("f() {", "}\nf")),
        inner.map(_around("{", "} | cat")),
        inner.map(_around("! true || {", "}")),
        inner.map(
            lambda each: Piece(f'show "$(\n{each.text}\n)"', lambda value: f"<{each.gives(value).rstrip(chr(10))}>")
        ),
    ),
    max_leaves=4,
)
