"""One word of a shell command: its certain part, and whether the rest is known only at run time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

EXPANSIONS = frozenset({"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion"})
_UNDERSTOOD = EXPANSIONS | {
    "word", "number", "string", "raw_string", "test_operator", "brace_expression", "regex", "extglob_pattern",
    "=", "==", "!=", "!",
}  # fmt: skip
_NUMBERS = frozenset({b"$?", b"$#", b"$$", b"$!"})
_GLOB = "*?["
_META = "|&;<>()\n\t "
_OPENS_EXPANSION = frozenset("{(_?!#$@*-'\"")
_ESCAPED_IN_DOUBLE_QUOTES = frozenset('$`"\\\n')


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written (`text`) and its value up to the first part that is not literal (`prefix`).

    `dynamic`: the value is known only at run time (an expansion, a brace, a tilde). `glob`: the shell matches it
    against file names. `splits`: it may become no word, several words or file names. `odd`: not understood.
    """

    text: str
    prefix: str
    dynamic: bool = False
    glob: bool = False
    splits: bool = False
    odd: bool = False

    @property
    def literal(self) -> str | None:
        """The value, if it is certain."""
        return None if self.dynamic or self.glob or self.odd else self.prefix

    @property
    def directory(self) -> str:
        """The fixed directory that a glob searches."""
        head, slash, _ = self.prefix.rpartition("/")
        return head + slash or "."


def read_word(node: Node) -> Word:
    """The word of a syntax node."""
    word = scan_word((node.text or b"").decode("utf-8", "surrogateescape"))
    parts = node.children if node.type == "concatenation" else [node]
    splits = word.dynamic and any(_may_split(part) for part in parts)
    odd = word.odd or any(part.type not in _UNDERSTOOD for part in parts)
    return Word(word.text, word.prefix, dynamic=word.dynamic or odd, glob=word.glob, splits=splits, odd=odd)


def _may_split(part: Node) -> bool:
    if part.type in EXPANSIONS:
        return part.type != "arithmetic_expansion" and part.text not in _NUMBERS
    return part.type == "word" and any(char in (part.text or b"") for char in b"*?[")


def scan_word(text: str) -> Word:
    """Follow quotes and escapes through `text` up to the first part whose value is not literal."""
    prefix: list[str] = []
    glob = False
    quote = ""
    index = 0
    while index < len(text):
        char = text[index]
        following = text[index + 1 : index + 2]
        literal = ""
        if quote == "'" and char != "'":
            if char == "$" and following == "{":
                return Word(text, "".join(prefix), dynamic=True, glob=glob)
            literal = char
        elif char == "`" or (char == "$" and (following.isalnum() or following in _OPENS_EXPANSION)):
            return Word(text, "".join(prefix), dynamic=True, glob=glob)
        elif char == "\\":
            if not following:
                return Word(text, "".join(prefix), dynamic=True, odd=True)
            index += 1
            escaped = not quote or following in _ESCAPED_IN_DOUBLE_QUOTES
            literal = ("" if following == "\n" else following) if escaped else "\\" + following
        elif char == quote:
            quote = ""
        elif quote:
            literal = char
        elif char in "'\"":
            quote = char
        elif char in _META:
            return Word(text, "".join(prefix), dynamic=True, odd=True)
        elif char in "{}" or (char == "~" and (not index or text[index - 1] in ":=")):
            return Word(text, "".join(prefix), dynamic=True, glob=glob)
        elif char in _GLOB:
            glob = True
        else:
            literal = char
        if not glob:
            prefix.append(literal)
        index += 1
    return Word(text, "".join(prefix), glob=glob, dynamic=bool(quote), odd=bool(quote))
