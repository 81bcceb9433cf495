"""The cursor of the shell scanner: where it reads, and around what it has come by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prodigy_action.pure.shell.syntax.nodes import Frame, Role, ShellCommand, ShellWord, Site

_MAX_DEPTH = 60


class ScanFailed(Exception):
    """The scanner gives up; `position` is an offset into its text."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class Cursor(ABC):
    """A position in a text of one character per byte, with placeholders at `tokens` (start → end).

    `sites` are the placeholders met, `expansions` the shell's own variables that are read; `counted` names are read
    in arithmetic, `dereferenced` ones name another variable or are read as code. `rewordings` are spans of syntax
    that the grammar does not know, with text of the same length and structure that it does.
    """

    def __init__(self, text: str, tokens: Mapping[int, int]) -> None:
        self.text = text
        self.limit = len(text)
        self.position = 0
        self.sites: dict[int, Site] = {}
        self.expansions: list[tuple[str, Site]] = []
        self.counted: set[str] = set()
        self.dereferenced: set[str] = set()
        self.rewordings: list[tuple[int, str]] = []
        self.heredoc_quotes: list[int] = []
        self._tokens = tokens
        self._starts = sorted(tokens)
        self._frames: list[Frame] = []

    @abstractmethod
    def read_commands(self, closing: str) -> None:
        """Read a list of commands up to `closing`, which is consumed, or to the end of the region."""

    @abstractmethod
    def read_word(self, command: ShellCommand | None, role: Role) -> ShellWord:
        """Read one word at the cursor; raises `ScanFailed` when there is none."""

    def peek(self, ahead: int = 0) -> str:
        """The character at the cursor, or nothing at the end of the region."""
        position = self.position + ahead
        return self.text[position] if position < self.limit else ""

    def looking_at(self, *texts: str) -> bool:
        """Whether one of `texts` stands at the cursor, inside the region."""
        return self.text.startswith(texts, self.position, self.limit)

    def failure(self, reason: str) -> ScanFailed:
        """What to raise when the text at the cursor is not understood."""
        return ScanFailed(reason, self.position)

    def skip_blanks(self) -> None:
        """Skip spaces, tabs and continued lines."""
        while True:
            if self.peek() in (" ", "\t"):
                self.position += 1
            elif self.looking_at("\\\n"):
                self.position += 2
            else:
                return

    @contextmanager
    def inside(self, frame: Frame) -> Iterator[None]:
        """Everything read meanwhile stands inside `frame`."""
        if len(self._frames) >= _MAX_DEPTH:
            raise self.failure("nested too deeply")
        self._frames.append(frame)
        yield
        self._frames.pop()

    @contextmanager
    def up_to(self, limit: int) -> Iterator[None]:
        """Read only up to `limit`."""
        outer, self.limit = self.limit, limit
        yield
        self.limit = outer

    def met_between(self, start: int, end: int) -> bool:
        """Whether a placeholder begins in a span."""
        index = bisect_left(self._starts, start)
        return index < len(self._starts) and self._starts[index] < end

    def mark_literal(self, start: int, end: int) -> None:
        """Note every placeholder of a span of literal text."""
        for index in range(bisect_left(self._starts, start), len(self._starts)):
            if self._starts[index] >= end:
                return
            self._note(self._starts[index])

    def _note(self, start: int, *, escaped: bool = False) -> None:
        self.sites[start] = Site(start, self._tokens[start], tuple(self._frames), escaped)
        for frame in self._frames:
            if frame.word is not None:
                frame.word.dynamic = frame.word.valued = True

    def _expansion_met(self) -> None:
        for frame in self._frames:
            if frame.word is not None:
                frame.word.dynamic = True
