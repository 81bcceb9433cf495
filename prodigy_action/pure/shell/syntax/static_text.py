"""What a word says when nothing in it is expanded: quote removal, the one place of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.pure.shell.syntax.tree import Part, PatternList, Plain, Quoted, Quoting, Word

_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPED_IN_DOUBLE_QUOTES = re.compile(r"\\([$`\"\\\n])")


def static_text(text: str, word: Word) -> str | None:
    """The value of a word of `text`, or None when it is known only at run time; escapes in `$'…'` are not decoded."""
    pieces = [static_piece(text, part) for part in word.parts]
    return None if None in pieces else "".join(filter(None, pieces))


def static_piece(text: str, part: Part, *, quoted: bool = False) -> str | None:
    """The value of one part, or None when it is expanded; `quoted`: it stands between double quotes."""
    written = text[part.start : part.end]
    if isinstance(part, Plain):
        return unescaped(written, quoted=quoted)
    if isinstance(part, PatternList):
        return written
    if not isinstance(part, Quoted):
        return None
    if part.quoting is Quoting.SINGLE:
        return written[1:-1]
    if part.quoting is Quoting.ANSI:
        return written[2:-1]
    return _joined(text, part.parts)


def unescaped(written: str, *, quoted: bool) -> str:
    """Text without the backslashes that quote a character; a continued line is joined."""
    if "\\" not in written:
        return written
    escape = _ESCAPED_IN_DOUBLE_QUOTES if quoted else _ESCAPED
    return escape.sub(lambda match: "" if match[1] == "\n" else match[1], written)


def _joined(text: str, parts: Sequence[Part]) -> str | None:
    pieces = [static_piece(text, part, quoted=True) for part in parts]
    return None if None in pieces else "".join(filter(None, pieces))
