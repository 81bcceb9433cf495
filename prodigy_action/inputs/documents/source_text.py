"""A text file of ours with its line table: offsets become lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput, Position

SIZE_LIMIT = 1024 * 1024
"""Bytes; a larger workflow file is refused before it is parsed."""

PROBLEM_LIMIT = 200
"""The most errors of one file that are reported, and the most warnings; nobody reads more."""

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A decoded file. Offsets count characters of `text` (the byte order mark is not part of it).

    `parts` are the files that the text joins, in their order (`joined_source`); none for a single file.
    """

    name: str
    text: str
    parts: tuple[SourceText, ...] = ()
    _starts: tuple[int, ...] = field(init=False, repr=False)
    _ends: tuple[int, ...] = field(init=False, repr=False)
    _lines: dict[int, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        breaks = [match.span() for match in _LINE_BREAK.finditer(self.text)]
        object.__setattr__(self, "_starts", (0, *(end for _, end in breaks)))
        object.__setattr__(self, "_ends", (*(start for start, _ in breaks), len(self.text)))

    def line(self, number: int) -> str | None:
        """The text of line `number` (from 1) without its line end; None when there is no such line."""
        if not 1 <= number <= len(self._starts):
            return None
        if number not in self._lines:  # many diagnostics of one long line share its text
            self._lines[number] = self.text[self._starts[number - 1] : self._ends[number - 1]]
        return self._lines[number]

    def part(self, offset: int) -> tuple[SourceText, int]:
        """The file that an offset is in, and the offset at which that file begins."""
        part, base = (self.parts[0] if self.parts else self), 0
        for following in self.parts[1:]:
            after = base + len(part.text) + 1
            if offset < after:
                break
            part, base = following, after
        return part, base

    def position(self, start: int, end: int | None = None) -> Position:
        """Line and column of an offset; the span is cut at the end of its first line."""
        if self.parts:
            part, base = self.part(start)
            return part.position(start - base, None if end is None else end - base)
        start = min(max(start, 0), len(self.text))
        index = bisect_right(self._starts, start) - 1
        column = start - self._starts[index] + 1
        if end is None or end <= start:
            return Position(index + 1, column)
        last = max(min(end, self._ends[index]), start + 1)
        return Position(index + 1, column, last - self._starts[index] + 1)

    def diagnostic(
        self,
        message: str,
        start: int,
        end: int | None = None,
        *,
        hint: str | None = None,
        code: str = "invalid",
    ) -> Diagnostic:
        """An error at an offset, with its source line."""
        position, (part, _) = self.position(start, end), self.part(start)
        return Diagnostic(message, part.name, position, part.line(position.line), hint, code=code)


def joined_source(parts: Sequence[SourceText]) -> SourceText:
    """One text of several files, the first of which gives its name; a line end stands between two files."""
    return SourceText(parts[0].name, "\n".join(part.text for part in parts), tuple(parts))


def decode_source(content: bytes, name: str) -> SourceText:
    """Decode a workflow file.

    Raises `InvalidInput` for a file above `SIZE_LIMIT`, in another encoding than UTF-8, or with control characters.
    """
    start = Position(1, 1)
    if len(content) > SIZE_LIMIT:
        message = f"the file has more than the {SIZE_LIMIT:,} bytes that a workflow file may have"
        hint = "keep work items in a file of their own and name it in `map.input`"
        raise InvalidInput([Diagnostic(message, name, start, hint=hint, code="too-large")])
    for mark, encoding in _OTHER_ENCODINGS:
        if content.startswith(mark):
            raise InvalidInput(
                [Diagnostic(f"the file is {encoding}", name, start, hint="save it as UTF-8", code="encoding")]
            )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        valid = SourceText(name, content[: error.start].decode("utf-8"))
        byte = content[error.start]
        message = f"byte 0x{byte:02x} is no UTF-8"
        raise InvalidInput(
            [valid.diagnostic(message, len(valid.text), hint="save the file as UTF-8", code="encoding")]
        ) from None
    return checked_source(text, name)


def checked_source(text: str, name: str) -> SourceText:
    """A decoded file without its byte order mark.

    Raises `InvalidInput` for a control character, and for a byte that `surrogateescape` has kept.
    """
    source = SourceText(name, text.removeprefix("\ufeff"))
    forbidden = _FORBIDDEN.search(source.text)
    if forbidden is None:
        return source
    number = ord(forbidden.group())
    message, code = f"the control character U+{number:04X} is not allowed", "control-character"
    hint = 'write it as an escape in double quotes, such as "\\x1b"'
    if 0xDC80 <= number <= 0xDCFF:
        message, hint, code = f"byte 0x{number - 0xDC00:02x} is no UTF-8", "save the file as UTF-8", "encoding"
    elif "\x00" in source.text[:4096]:
        hint = "this does not look like a text file"
    raise InvalidInput([source.diagnostic(message, forbidden.start(), hint=hint, code=code)])
