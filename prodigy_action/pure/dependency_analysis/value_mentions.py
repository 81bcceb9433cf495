"""Where the text of a step mentions values: `${…}` placeholders, captured names, the output of the previous step."""

from __future__ import annotations

import re
from functools import lru_cache

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.syntax.standing import as_bytes, from_bytes, variable_like
from prodigy_action.pure.shell.syntax.tree import Span
from prodigy_action.pure.text.cutting import cut

_PLACEHOLDER = re.compile(
    r"\$\{([A-Za-z_]\w*)(?:"
    r"(?:\.[\w-]+|\[\d+\])+(?::(?:json|lines|csv|\*[^{}$`:]*))*(?::?-[^{}$`]*)?(?:\|default:[^{}$`]*)?"
    r"|(?::(?:json|lines|csv|\*[^{}$`:]*))+"
    r"|\|default:[^{}$`]*"
    r")\}"
)
_NO_BLANKS = re.compile(r"[^ \t\n]+")
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
class MarkedText:
    """A shell text that parses: a variable of the same length at each of the spans `tokens`, for a value of ours.

    `text` and `shown` (as it is written) have one character per byte.
    """

    text: str
    shown: str
    tokens: frozenset[tuple[int, int]]

    def written(self, span: Span) -> str:
        """What is written at a span."""
        return from_bytes(self.shown[span.start : span.end])

    def word_at(self, position: int) -> str:
        """The word that begins at `position` or in which it lies, up to 40 characters."""
        line = self.shown.rfind("\n", 0, position + 1) + 1
        start = max(self.shown.rfind(" ", line, position + 1) + 1, line)
        found = _NO_BLANKS.match(self.shown, start)
        word = found[0] if found else self.shown[position:]
        return cut(word.encode("latin-1").decode("utf-8", "replace"), 40)


@lru_cache(maxsize=256)
def mark_values(text: str) -> MarkedText:
    """Replace each `${…}` that only we understand by a variable of the same length."""
    pieces: list[str] = []
    tokens: list[tuple[int, int]] = []
    shown = as_bytes(text)
    position = 0
    for match in _PLACEHOLDER.finditer(shown):
        pieces += [shown[position : match.start()], variable_like(match[0])]
        tokens.append(match.span())
        position = match.end()
    return MarkedText("".join([*pieces, shown[position:]]), shown, frozenset(tokens))


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
