"""Reads redirections and here-documents."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.pure.shell.syntax.nodes import Frame, Heredoc, Quoting, Role, ShellCommand
from prodigy_action.pure.shell.syntax.words import WordScanner


class RedirectScanner(WordScanner):
    """Redirections; the text of a here-document is read where its line ends."""

    def __init__(self, text: str, tokens: Mapping[int, int]) -> None:
        super().__init__(text, tokens)
        self.heredocs: list[Heredoc] = []
        self._pending: list[Heredoc] = []

    def _redirect(self, command: ShellCommand, match: re.Match[str]) -> None:
        operator = match.group(1)
        self.position = match.end()
        self.skip_blanks()
        if operator in ("<<", "<<-"):
            self._heredoc_start(command, match.start(1), strips_tabs=operator == "<<-")
            return
        if self.peek() in ("", "\n", ";", "|", "&", ")"):
            raise self.failure("a redirection without a target")
        if operator == "<<<":
            self.rewordings.append((match.start(1), "<  "))
        word = self.read_word(command, Role.REDIRECT, operator=operator)
        command.redirects.append(word)
        command.split_by_dash |= operator.startswith("&>")

    def _heredoc_start(self, command: ShellCommand, operator_start: int, *, strips_tabs: bool) -> None:
        start = self.position
        word = self.read_word(None, Role.REDIRECT)
        delimiter = word.literal
        if delimiter is None or self.met_between(start, word.end) or "$" in word.text or "`" in word.text:
            raise self.failure("the delimiter of a here-document must be plain text")
        quoted = delimiter != word.text
        heredoc = Heredoc(
            delimiter, operator_start, start, word.end, quoted, strips_tabs, command, shares_line=bool(self._pending)
        )
        for other in self._pending:
            other.shares_line = True
        command.reads_heredoc = True
        self._pending.append(heredoc)
        self.heredocs.append(heredoc)

    def _read_bodies(self) -> None:
        pending, self._pending = self._pending, []
        for heredoc in pending:
            self._read_body(heredoc)

    def _read_body(self, heredoc: Heredoc) -> None:
        heredoc.body_start = position = self.position
        continued = False
        while True:
            if position >= self.limit:
                raise self.failure(f"the here-document's end {heredoc.delimiter!r} is missing")
            end = self.text.find("\n", position, self.limit)
            line_end = self.limit if end < 0 else end
            line = self.text[position:line_end]
            if (line.lstrip("\t") if heredoc.strips_tabs else line) == heredoc.delimiter:
                if continued:
                    raise self.failure("a line of a here-document is continued into its end")
                break
            continued = not heredoc.quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1
            position = min(line_end + 1, self.limit)
        heredoc.closing_start, heredoc.body_end = position, line_end
        quoting = Quoting.QUOTED_HEREDOC if heredoc.quoted else Quoting.HEREDOC
        with self.inside(Frame(quoting, heredoc.command, heredoc=heredoc)):
            if heredoc.quoted:
                self.mark_literal(self.position, position)
            else:
                self.read_expanded(position)
        self.position = min(line_end + 1, self.limit)
