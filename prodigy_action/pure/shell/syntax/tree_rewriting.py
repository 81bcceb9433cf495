"""A scanned shell text in words that the grammar knows, of the same structure."""

from __future__ import annotations

from bisect import bisect_left

from prodigy_action.pure.shell.syntax.nodes import Heredoc
from prodigy_action.pure.shell.syntax.scanner import ShellScanner


def reword(scanner: ShellScanner) -> tuple[str, dict[int, int]]:
    """The text for the grammar, and where the placeholders and the commands' first words stand in it.

    Some syntax is replaced (`ShellScanner.rewordings`), and a here-document becomes an input from a double-quoted
    word where its operator stood: the grammar loses what follows an operator, and reads bodies its own way.
    """
    copy = _Copy(scanner)
    copy.span(0, len(scanner.text))
    return "".join(copy.pieces), copy.moved


class _Copy:
    def __init__(self, scanner: ShellScanner) -> None:
        self.pieces: list[str] = []
        self.moved: dict[int, int] = {}
        self._text = scanner.text
        self._length = 0
        self._tokens = {site.start: site.end for site in scanner.sites.values()}
        names = (command.words[0].start for command in scanner.commands if command.words)
        self._followed = sorted({*self._tokens, *names})
        replaced = [(start, text) for start, text in scanner.rewordings]
        escaped = [(start, '\\"') for start in scanner.heredoc_quotes]
        self._replaced = sorted(replaced + escaped)
        self._events = sorted(
            [(heredoc.operator_start, heredoc) for heredoc in scanner.heredocs]
            + [(heredoc.body_start, heredoc) for heredoc in scanner.heredocs],
            key=lambda event: event[0],
        )
        self._open: list[Heredoc] = []

    def span(self, start: int, end: int) -> None:
        """Copy a span, its here-documents moved to their operators."""
        for position, heredoc in self._events:
            if position < start or position >= end or heredoc in self._open:
                continue
            self._plain(start, position)
            if position == heredoc.operator_start:
                self._body(heredoc)
                start = heredoc.delimiter_end
            else:
                start = heredoc.body_end
        self._plain(start, end)

    def _body(self, heredoc: Heredoc) -> None:
        self._emit('< "')
        self._open.append(heredoc)
        if heredoc.quoted:
            for start in sorted(self._tokens):
                if heredoc.body_start <= start < heredoc.closing_start:
                    self._plain(start, self._tokens[start])
        else:
            self.span(heredoc.body_start, heredoc.closing_start)
        self._open.pop()
        self._emit('" ')

    def _plain(self, start: int, end: int) -> None:
        base = self._length - start
        shift = 0
        position = start
        followed = bisect_left(self._followed, start)
        replaced = bisect_left(self._replaced, (start, ""))
        while replaced < len(self._replaced) and self._replaced[replaced][0] < end:
            at, text = self._replaced[replaced]
            followed = self._follow(followed, at, base + shift)
            self._emit(self._text[position:at])
            self._emit(text)
            consumed = 1 if text == '\\"' else len(text)
            shift += len(text) - consumed
            position = at + consumed
            replaced += 1
        self._follow(followed, end, base + shift)
        self._emit(self._text[position:end])

    def _follow(self, index: int, end: int, shift: int) -> int:
        while index < len(self._followed) and self._followed[index] < end:
            self.moved[self._followed[index]] = self._followed[index] + shift
            index += 1
        return index

    def _emit(self, text: str) -> None:
        self.pieces.append(text)
        self._length += len(text)
