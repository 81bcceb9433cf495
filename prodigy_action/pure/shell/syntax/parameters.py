"""Reads what a `$` begins: parameters, substitutions, arithmetic."""

from __future__ import annotations

import re

from prodigy_action.pure.shell.syntax.nodes import Frame, Quoting, Site
from prodigy_action.pure.shell.syntax.quotes import QuoteScanner

INDIRECT = "${!…}"
"""Stands for the name of an expansion that may read any variable."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")


class ParameterScanner(QuoteScanner):
    """Expansions of every kind."""

    def _note_expansion(self, name: str, start: int, end: int) -> None:
        self.expansions.append((name, Site(start, end, tuple(self._frames))))

    def _dollar(self, *, quoted: bool) -> None:
        if self.position in self._tokens:
            self._note(self.position)
            self.position = self._tokens[self.position]
            return
        following = self.peek(1)
        if following == "$" and self.position + 1 in self._tokens:
            raise self.failure("'$' before a placeholder: the shell reads '$$' first")
        if following == "'" and not quoted:
            self._ansi()
            return
        if following == '"' and not quoted:
            self.position += 1
            self._double(Quoting.TRANSLATED)
            return
        if following in ("(", "{", "[") or _PARAMETER.match(following):
            self._expansion_met()
        if self.looking_at("$(("):
            self.position += 3
            with self.inside(Frame(Quoting.ARITHMETIC)):
                self.read_arithmetic("))")
        elif following == "(":
            self.position += 2
            with self.inside(Frame(Quoting.SUBSTITUTION)):
                self.read_commands(")")
        elif following == "[":
            self.position += 2
            with self.inside(Frame(Quoting.ARITHMETIC)):
                self.read_arithmetic("]")
        elif following == "{":
            self._expansion(quoted=quoted)
        elif match := _PARAMETER.match(self.text, self.position + 1, self.limit):
            name = match.group() if _NAME.match(match.group()) else match.group()[0]
            end = self.position + 1 + len(name)
            self._note_expansion(name, self.position, end)
            self.position = end
        else:
            self.position += 1

    def read_arithmetic(self, closing: str) -> None:
        """Read an arithmetic expression up to `closing` (consumed)."""
        opening = "[" if closing == "]" else "("
        depth = 0
        while True:
            character = self.peek()
            if character == "":
                raise self.failure(f"{closing!r} is missing")
            if character == closing[0]:
                if depth == 0:
                    break
                depth -= 1
                self.position += 1
            elif character == opening:
                depth += 1
                self.position += 1
            else:
                self._arithmetic_piece()
        if not self.looking_at(closing):
            raise self.failure("'((' that is no arithmetic: write a blank between the two")
        self.position += len(closing)

    def _arithmetic_piece(self) -> None:
        if self.peek() == '"':
            self._double()
        elif self.peek() == "'":
            raise self.failure("a single quote in arithmetic")
        elif name := _NAME.match(self.text, self.position, self.limit):
            self.counted.add(name.group())
            self.position = name.end()
        else:
            self._piece_in_double()

    def _subscript(self, *, blanks: bool) -> None:
        self.position += 1
        with self.inside(Frame(Quoting.INDEX)):
            depth = 0
            while self.peek() != "]" or depth:
                if self.peek() == "" or (not blanks and self.peek() in " \t\n;&|()<>"):
                    return
                if self.peek() in "[]":
                    depth += 1 if self.peek() == "[" else -1
                    self.position += 1
                elif self.peek() == "'":
                    self._single()
                else:
                    self._arithmetic_piece()
        self.position += 1

    def _expansion(self, *, quoted: bool) -> None:
        start = self.position
        self.position += 2
        indirect = self.peek() == "!" and _NAME.match(self.peek(1)) is not None
        counted = self.peek() == "#" and self.peek(1) not in ("}", "#", "%", ":", "-", "=", "?", "+", "/")
        if indirect or counted:
            self.position += 1
        parameter = _PARAMETER.match(self.text, self.position, self.limit)
        if parameter is None:
            raise self.failure("an expansion that is not understood")
        name = parameter.group()
        if not counted:
            self._note_expansion(name, start, parameter.end())
            if indirect:
                self._note_expansion(INDIRECT, start, parameter.end())
        self.position = parameter.end()
        if self.looking_at("@P") or (indirect and not self.looking_at("*}", "@}", "[@]}", "[*]}")):
            self.dereferenced.add(name)
        assigned = name if self.looking_at("=", ":=") else ""
        with self.inside(Frame(Quoting.EXPANSION, variable=assigned)):
            if self.peek() == "[":
                self._subscript(blanks=True)
                if self.looking_at("@P"):
                    self.dereferenced.add(name)
            self._operand(quoted=quoted)
        self.position += 1

    def _operand(self, *, quoted: bool) -> None:
        operator = self.peek()
        if operator == "}":
            return
        if operator == ":" and self.peek(1) not in ("-", "=", "?", "+"):
            self.position += 1
            with self.inside(Frame(Quoting.INDEX)):
                while self.peek() != "}":
                    if self.peek() == "":
                        raise self.failure("'}' is missing")
                    self._arithmetic_piece()
            return
        if operator == "" or operator not in ":-=?+#%/^,~@*":
            raise self.failure("an expansion that is not understood")
        self.position += 2 if operator == ":" else 1
        self._read_operand(quoted=quoted, single_quotes=not quoted or operator not in ":-=?+")

    def _read_operand(self, *, quoted: bool, single_quotes: bool) -> None:
        while self.peek() != "}":
            character = self.peek()
            if character == "":
                raise self.failure("'}' is missing")
            if character == "'" and single_quotes:
                self._single()
            elif character == '"':
                self._double()
            elif character in "<>" and self.peek(1) == "(" and not quoted:
                raise self.failure("a process substitution inside an expansion")
            elif character == "$":
                self._dollar(quoted=quoted)
            else:
                self._piece_in_double()
