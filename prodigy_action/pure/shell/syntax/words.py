"""Reads one shell word: pieces, subscripts, arrays, pattern lists."""

from __future__ import annotations

import re

from prodigy_action.pure.shell.syntax.nodes import Frame, Quoting, Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.parameters import ParameterScanner

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ARRAY_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=\Z")


class WordScanner(ParameterScanner):
    """Words and what only words have."""

    def read_word(
        self,
        command: ShellCommand | None,
        role: Role,
        *,
        operator: str = "",
        may_assign: bool = False,
        is_regex: bool = False,
    ) -> ShellWord:
        """Read one word at the cursor; raises `ScanFailed` when there is none."""
        start = self.position
        word = ShellWord(start, role, operator=operator)
        depth = 0
        with self.inside(Frame(Quoting.WORD, command, word)):
            while (character := self.peek()) not in ("", " ", "\t", "\n") or (depth and character):
                if is_regex and character in "()|":
                    depth += (character == "(") - (character == ")")
                    self.position += 1
                elif character in "<>" and self.peek(1) == "(":
                    self.position += 2
                    self._expansion_met()
                    with self.inside(Frame(Quoting.PROCESS)):
                        self.read_commands(")")
                elif character == "(" and self._opens_in_word(start):
                    self._parenthesis_in_word()
                elif character in ";&|<>()":
                    break
                elif character == "[" and self._opens_subscript(start, role, may_assign=may_assign):
                    self._subscript(blanks=False)
                else:
                    self._piece()
        word.end = self.position
        word.text = self.text[start : word.end]
        if word.end == start:
            raise self.failure("a word is missing")
        return word

    def _opens_subscript(self, start: int, role: Role, *, may_assign: bool) -> bool:
        before = self.text[start : self.position]
        if role is Role.ELEMENT:
            return not before
        return may_assign and _NAME.fullmatch(before) is not None

    def _opens_in_word(self, start: int) -> bool:
        before = self.text[start : self.position]
        return bool(before) and (before[-1] in "?*+@!" or _ARRAY_PREFIX.match(before) is not None)

    def _parenthesis_in_word(self) -> None:
        self.position += 1
        if self.text[self.position - 2] == "=":
            self._array()
            return
        self.rewordings.append((self.position - 2, "__"))
        depth = 1
        while depth:
            if self.peek() in ("", "\n", " ", "\t", ";", "&", "<", ">"):
                raise self.failure("a pattern list without ')'")
            if self.peek() in "()|":
                depth += (self.peek() == "(") - (self.peek() == ")")
                self.rewordings.append((self.position, "_"))
                self.position += 1
            else:
                self._piece()

    def _array(self) -> None:
        while True:
            self.skip_blanks()
            if self.peek() == "\n":
                self.position += 1
            elif self.peek() == "#":
                raise self.failure("a comment inside an array")
            elif self.peek() == ")":
                self.position += 1
                return
            else:
                self.read_word(None, Role.ELEMENT)
