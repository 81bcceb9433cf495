"""Reads one shell word: quotes, expansions, substitutions, and the placeholders inside them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prodigy_action.pure.shell_sites import Frame, Quoting, Role, ShellCommand, ShellWord, Site

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_ARRAY_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[[^\]]*\])?\+?=\Z")
_MAX_DEPTH = 60


class ScanFailed(Exception):
    """The scanner gives up; `position` is an offset into its text."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class WordScanner:
    """The lower half of the scanner: a cursor over the text and everything that happens inside a word."""

    def __init__(self, text: str, tokens: Mapping[int, int]) -> None:
        self.text = text
        self.limit = len(text)
        self.position = 0
        self.sites: dict[int, Site] = {}
        self._tokens = tokens
        self._starts = sorted(tokens)
        self._frames: list[Frame] = []

    def read_commands(self, closing: str) -> None:
        """Read a list of commands; the upper half does."""
        raise AssertionError(f"a word scanner alone reads no commands up to {closing!r}")

    # cursor

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

    # placeholders

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

    # words

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
        depth = 1
        while depth:
            if self.peek() in ("", "\n", " ", "\t", ";", "&", "<", ">"):
                raise self.failure("a pattern list without ')'")
            if self.peek() in "()|":
                depth += (self.peek() == "(") - (self.peek() == ")")
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

    # quotes

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

    # expansions

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
        if following in ("(", "{", "[") or re.match(r"[A-Za-z0-9_@*#?$!-]", following):
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
            self.position = match.end() if _NAME.match(match.group()) else self.position + 2
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
                elif self.peek() == '"':
                    self._double()
                else:
                    self._piece_in_double()
        self.position += 1

    def _expansion(self, *, quoted: bool) -> None:
        self.position += 2
        with self.inside(Frame(Quoting.EXPANSION)):
            if (self.peek() == "#" and self.peek(1) not in ("}", "#", "%", ":", "-", "=", "?", "+", "/")) or (
                self.peek() == "!" and re.match(r"\w", self.peek(1))
            ):
                self.position += 1
            parameter = _PARAMETER.match(self.text, self.position, self.limit)
            if parameter is None:
                raise self.failure("an expansion that is not understood")
            self.position = parameter.end()
            if self.peek() == "[":
                self._subscript(blanks=True)
            self._operand(quoted=quoted)
        self.position += 1

    def _operand(self, *, quoted: bool) -> None:
        operator = self.peek()
        if operator == "}":
            return
        if operator == ":" and self.peek(1) not in ("-", "=", "?", "+"):
            self.position += 1
            with self.inside(Frame(Quoting.INDEX)):
                self._read_operand(quoted=quoted, single_quotes=False)
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
