"""Texts that try to be commands of the runner."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = (
    *("::", "##[", "#", "[", "]", ":", "error", "set-output name=x", "add-mask", "stop-commands", "%0A", "%0D", "=x,"),
    *("::error::", "::warning file=a::", "##[error]", "##[group]", "###[debug]", "##[set-output name=x;]v"),
    *("\r", "\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\xa0", "\u2028", "\u2029", "\u200b", "\ufeff", "\0", " ", "\t"),
    *('"', "\\", "\\u0023", "\x1b[31m", "\ud800", "\udcff", "│ ", "é", "😀"),
)

hostile_texts = st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=12).map("".join)
