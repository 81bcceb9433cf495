"""Reads quoted text and the pieces that words are made of."""

from __future__ import annotations

from abc import abstractmethod

from prodigy_action.pure.shell.syntax.cursor import Cursor
from prodigy_action.pure.shell.syntax.nodes import Frame, Quoting


class QuoteScanner(Cursor):
    """Quotes, escapes and backticks."""

    @abstractmethod
    def _dollar(self, *, quoted: bool) -> None:
        """Read what a `$` begins."""

    def _piece(self) -> None:
        """Read one piece of unquoted text."""
        character = self.peek()
        if character == "'":
            self._single()
        elif character == '"':
            self._double()
        elif character == "\\":
            self._escape()
        elif character == "$":
            self._dollar(quoted=False)
        elif character == "`":
            self._backtick()
        else:
            self.position += 1

    def _escape(self) -> None:
        if self.position + 1 in self._tokens:
            self._note(self.position + 1, escaped=True)
            self.position = self._tokens[self.position + 1]
        else:
            self.position = min(self.position + 2, self.limit)

    def _single(self) -> None:
        end = self.text.find("'", self.position + 1, self.limit)
        if end < 0:
            raise self.failure("a single quote is not closed")
        with self.inside(Frame(Quoting.SINGLE)):
            self.mark_literal(self.position, end)
        self.position = end + 1

    def _ansi(self) -> None:
        self.position += 2
        with self.inside(Frame(Quoting.ANSI)):
            while self.peek() != "'":
                if self.peek() == "":
                    raise self.failure("a single quote is not closed")
                if self.position in self._tokens:
                    self._note(self.position)
                    self.position = self._tokens[self.position]
                elif self.peek() == "\\":
                    self._escape()
                else:
                    self.position += 1
        self.position += 1

    def _double(self, quoting: Quoting = Quoting.DOUBLE) -> None:
        self.position += 1
        with self.inside(Frame(quoting)):
            while self.peek() != '"':
                if self.peek() == "":
                    raise self.failure("a double quote is not closed")
                self._piece_in_double()
        self.position += 1

    def _piece_in_double(self) -> None:
        if self.peek() == "\\":
            self._escape()
        elif self.peek() == "$":
            self._dollar(quoted=True)
        elif self.peek() == "`":
            self._backtick()
        else:
            self.position += 1

    def read_expanded(self, end: int) -> None:
        """Read the text of an unquoted here-document up to `end`."""
        with self.up_to(end):
            while self.peek():
                if self.peek() == '"':
                    self.heredoc_quotes.append(self.position)
                self._piece_in_double()

    def _backtick(self) -> None:
        end = self.position + 1
        while end < self.limit and self.text[end] != "`":
            end += 2 if self.text[end] == "\\" else 1
        if end >= self.limit:
            raise self.failure("a backtick is not closed")
        self._expansion_met()
        self.position += 1
        if "\\" in self.text[self.position : end]:
            if self.met_between(self.position, end):
                raise self.failure("backslashes in backticks change what stands in them: write $(…)")
        else:
            with self.inside(Frame(Quoting.BACKTICK)), self.up_to(end):
                self.read_commands("")
        self.position = end + 1
