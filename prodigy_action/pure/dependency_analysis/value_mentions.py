"""Where the text of a step mentions values: `${…}` placeholders, captured names, the output of the previous step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MARK = "prodigy_value_"
"""The prefix of the variable names that replace placeholders while a command is parsed."""

_PLACEHOLDER = re.compile(
    r"\$\{([A-Za-z_]\w*)(?:"
    r"(?:\.[\w-]+|\[\d+\])+(?::(?:json|lines|csv|\*[^{}$`:]*))*(?::?-[^{}$`]*)?(?:\|default:[^{}$`]*)?"
    r"|(?::(?:json|lines|csv|\*[^{}$`:]*))+"
    r"|\|default:[^{}$`]*"
    r")\}"
)
_MENTIONED = re.compile(r"\$\{?[#!]?([A-Za-z_]\w*)")
_WORDS = re.compile(r"[A-Za-z_]\w*")
_PREVIOUS = frozenset({"shell", "claude", "last", "error", "validation", "CAPTURED_OUTPUT"})
_GIT_CONTEXT = frozenset({"workflow", "step"})
_FIXED = frozenset(
    {"item", "item_json", "item_id", "item_index", "item_total", "item_key", "map", "merge", "agent", "worker", "env"}
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Values that are inserted into a text before it is used.

    `names` may be captured values. `previous_output`: the output of the previous step. `git_context`: what the run
    has changed so far, which reads the worktree and its history.
    """

    names: frozenset[str] = frozenset()
    previous_output: bool = False
    git_context: bool = False
    words: frozenset[str] = frozenset()
    """Every name, whatever it means."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A shell text that can be parsed, and the original text of each mark in it."""

    text: str
    written: Mapping[str, str]

    def unmark(self, text: str) -> str:
        """`text`, with the original text in place of the marks."""
        for name, written in self.written.items():
            text = text.replace(f"${{{name}}}", written)
        return text


def mark_values(text: str) -> Marked:
    """Replace each `${…}` that only this program understands by a variable with a reserved name."""
    written: dict[str, str] = {}

    def mark(match: re.Match[str]) -> str:
        name = f"{MARK}{len(written)}_"
        written[name] = match[0]
        return f"${{{name}}}"

    return Marked(_PLACEHOLDER.sub(mark, text), written)


def find_mentions(text: str) -> Mentions:
    """The values that `$NAME` and `${NAME…}` anywhere in `text`, quoted or not, may mean."""
    return _mentions(frozenset(_MENTIONED.findall(text)), frozenset(re.findall(r"\$\{([A-Za-z_]\w*)[.:\[|]", text)))


def find_expression_mentions(text: str) -> Mentions:
    """The values that a text may mean in which bare names are values too, such as `when`."""
    words = frozenset(_WORDS.findall(text))
    return _mentions(words, words)


def _mentions(names: frozenset[str], roots: frozenset[str]) -> Mentions:
    previous = bool(roots & _PREVIOUS) or "CAPTURED_OUTPUT" in names
    return Mentions(names - _FIXED, previous_output=previous, git_context=bool(roots & _GIT_CONTEXT), words=names)
