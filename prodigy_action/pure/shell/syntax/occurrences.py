"""Where placeholders and expansions stand: what of a tree is noted while it is read."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.syntax.nodes import Frame, Heredoc, Occurrence, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.tree import ParsedShells


class ReadFailed(Exception):
    """A text in which the place of a value is not certain; `position` is an offset into it."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


@dataclass(slots=True)
class ShellReading:
    """What one text says, in its order.

    `occurrences` are the placeholders by their start, `expansions` the shell's own variables that are read; `counted`
    names are read in arithmetic, `counted_at` has their first places; `dereferenced` ones name another variable or are
    read as code. `functions` have the offset behind their name, `bodies` their spans, `loops` the words of their
    variables, `nested` the trees of the codes in the text.
    """

    text: str
    occurrences: dict[int, Occurrence] = field(default_factory=dict)
    expansions: list[tuple[str, Occurrence]] = field(default_factory=list)
    counted: set[str] = field(default_factory=set)
    counted_at: dict[str, int] = field(default_factory=dict)
    dereferenced: set[str] = field(default_factory=set)
    commands: list[ShellCommand] = field(default_factory=list)
    heredocs: list[Heredoc] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, tuple[int, int]] = field(default_factory=dict)
    loops: dict[str, list[ShellWord]] = field(default_factory=dict)
    nested: ParsedShells = field(default_factory=dict)


class OccurrenceNotes:
    """Notes occurrences in a reading, each with the layers that are open."""

    def __init__(self, reading: ShellReading, tokens: Sequence[tuple[int, int]]) -> None:
        self._reading = reading
        self._frames: list[Frame] = []
        self._ends = dict(tokens)
        self._starts = [start for start, _ in tokens]

    @contextmanager
    def inside(self, frame: Frame) -> Iterator[None]:
        """Everything noted meanwhile stands inside `frame`."""
        self._frames.append(frame)
        yield
        self._frames.pop()

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The layers that are open."""
        return tuple(self._frames)

    def is_token(self, start: int, end: int) -> bool:
        """Whether a span is a placeholder."""
        return self._ends.get(start) == end

    def tokens_in(self, start: int, end: int) -> list[int]:
        """Where placeholders begin in a span."""
        return self._starts[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def note_literal(self, start: int, end: int, *, escapes: bool) -> None:
        """Note every placeholder of a span of literal text; with `escapes` a backslash may hide one."""
        for at in self.tokens_in(start, end):
            before = re.search(r"\\*\Z", self._reading.text[start:at])
            hidden = escapes and before is not None and len(before[0]) % 2 == 1
            self.note(at, escaped=hidden)

    def note(self, start: int, *, escaped: bool = False) -> None:
        """Note one placeholder."""
        found = Occurrence(start, self._ends[start], tuple(self._frames), escaped)
        self._reading.occurrences[start] = found
        for frame in self._frames:
            if frame.word is not None:
                frame.word.dynamic = frame.word.valued = True

    def note_expansion(self, name: str, start: int, end: int) -> None:
        """Note that the variable `name` is read."""
        self._reading.expansions.append((name, Occurrence(start, end, tuple(self._frames))))

    def mark_dynamic(self) -> None:
        """Note that something is expanded here."""
        for frame in self._frames:
            if frame.word is not None:
                frame.word.dynamic = True
