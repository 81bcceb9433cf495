"""Shorter forms of long texts. Each cut leaves a mark: beside it, the masker looks for pieces of secrets."""

from __future__ import annotations

PATHS_SHOWN = 10
"""The most paths that one warning names."""

CUT_MARK = "…"


def cut(text: str, length: int) -> str:
    """At most `length` characters of the text, the last one `…` when it is longer."""
    return text if len(text) <= length else text[: length - 1] + CUT_MARK


def cut_start(text: str, length: int) -> str:
    """At most `length` characters of the end of the text, the first one `…` when it is longer."""
    return text if len(text) <= length else CUT_MARK + text[len(text) - length + 1 :]


def cut_around(text: str, offset: int, length: int) -> str:
    """The `length` characters before and behind `offset`, with `…` where others are left out."""
    start, end = max(0, offset - length), offset + length
    return (CUT_MARK if start else "") + text[start:end] + (CUT_MARK if end < len(text) else "")
