"""One word of a shell command: what it is for certain, and what is known only at run time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.syntax.standing import from_bytes
from prodigy_action.pure.shell.syntax.static_text import static_piece, unescaped
from prodigy_action.pure.shell.syntax.tree import (
    Expansion,
    Part,
    PatternList,
    Plain,
    Quoted,
    Quoting,
    Substitution,
    Word,
)

_NUMBERS = frozenset({"?", "#", "$", "!"})
_GLOB = re.compile(r"[*?\[]")
_PIECES = re.compile(r"\\.|[{}*?\[]|(?:(?<=[:=])|\A)~", re.DOTALL)
_CUT_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


@dataclass(frozen=True, slots=True)
class ArgumentWord:
    """A word as written (`text`) and its value up to the first part that is not literal (`prefix`).

    `dynamic`: the value is known only by running (an expansion, a brace, a tilde). `glob`: the shell matches it
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


def read_argument(text: str, word: Word, *, shown: str | None = None) -> ArgumentWord:
    """A word of `text` (a character per byte); `shown` is the text in which values are as they were written."""
    prefix: list[str] = []
    dynamic = glob = False
    for value, is_dynamic, is_glob in _pieces(text, word):
        dynamic |= is_dynamic
        glob |= is_glob
        if dynamic:
            break
        if not glob:
            prefix.append(value)
    splits = dynamic and any(_may_split(text, part) for part in word.parts)
    written = from_bytes((text if shown is None else shown)[word.start : word.end])
    odd = _ODD.search(written) is not None or any(_is_odd(text, part) for part in word.parts)
    return ArgumentWord(written, from_bytes("".join(prefix)), dynamic=dynamic or odd, glob=glob, splits=splits, odd=odd)


def _pieces(text: str, word: Word) -> Iterator[tuple[str, bool, bool]]:
    """The value of each piece, whether it is known only at run time, and whether it is matched against file names."""
    for part in word.parts:
        if isinstance(part, Plain):
            yield from _plain_pieces(text, part, is_first=part.start == word.start)
            continue
        value = static_piece(text, part)
        if value is None or not isinstance(part, Quoted) or part.quoting in (Quoting.ANSI, Quoting.TRANSLATED):
            yield from _before_expansion(text, part)
            yield "", True, False
        elif part.quoting is Quoting.SINGLE and "${" in value:
            yield value[: value.index("${")], False, False
            yield "", True, False
        else:
            yield value, False, False


def _before_expansion(text: str, part: Part) -> Iterator[tuple[str, bool, bool]]:
    """The literal text at the beginning of double quotes."""
    if isinstance(part, Quoted) and part.quoting is Quoting.DOUBLE:
        for inner in part.parts:
            value = static_piece(text, inner, quoted=True)
            if value is None:
                return
            yield value, False, False


def _plain_pieces(text: str, part: Plain, *, is_first: bool) -> Iterator[tuple[str, bool, bool]]:
    written = text[part.start : part.end]
    position = 0
    if written == "[":  # the command, or a character that matches itself
        yield written, False, False
        return
    for match in _PIECES.finditer(written):
        yield written[position : match.start()], False, False
        position = match.end()
        if match[0].startswith("\\"):
            yield unescaped(match[0], quoted=False), False, False
        elif match[0] == "~" and not (is_first or match.start()):
            yield "~", False, False
        else:
            yield "", match[0] in "{}~", match[0] in "*?["
    yield written[position:], False, False


def _may_split(text: str, part: Part) -> bool:
    if isinstance(part, Expansion):
        return part.name not in _NUMBERS
    if isinstance(part, Substitution):
        return True
    return isinstance(part, Plain) and _GLOB.search(text, part.start, part.end) is not None


def _is_odd(text: str, part: Part) -> bool:
    if isinstance(part, Plain):
        return _CUT_ESCAPE.search(text, part.start, part.end) is not None
    if isinstance(part, Quoted):
        return part.quoting in (Quoting.ANSI, Quoting.TRANSLATED)
    if isinstance(part, Substitution):
        return part.quoting is Quoting.PROCESS
    return isinstance(part, PatternList)
