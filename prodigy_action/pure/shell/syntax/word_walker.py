"""Reads words: quotes, expansions, arithmetic, and the placeholders in them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from prodigy_action.pure.shell.syntax.nodes import Frame, Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import OccurrenceNotes, ReadFailed, ShellReading
from prodigy_action.pure.shell.syntax.static_text import static_text
from prodigy_action.pure.shell.syntax.tree import (
    Arithmetic,
    Assignment,
    Expansion,
    Part,
    PatternList,
    Plain,
    Quoted,
    Quoting,
    Span,
    Statement,
    Substitution,
    Word,
)

INDIRECT = "${!…}"
"""Stands for the name of an expansion that may read any variable."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTES = re.compile(r"['\"`\\]")
_ENDS_WORD = re.compile(r"[ \t\n;&<>]")


class WordWalker(ABC):
    """Reads the words of one text into `reading`; what stands in a substitution is for `substituted`."""

    def __init__(self, text: str, tokens: Sequence[tuple[int, int]]) -> None:
        self.reading = ShellReading(text)
        self.notes = OccurrenceNotes(self.reading, tokens)
        self._outermost: int | None = None

    @abstractmethod
    def substituted(self, statements: Sequence[Statement]) -> None:
        """Read the statements of a substitution."""

    def new_word(self, span: Span, role: Role, value: str | None, operator: str = "") -> ShellWord:
        """A word that nothing is read from yet."""
        return ShellWord(span.start, span.end, self.reading.text[span.start : span.end], role, value, operator)

    def word(
        self,
        word: Word,
        role: Role,
        command: ShellCommand | None = None,
        *,
        operator: str = "",
        indexed: bool = False,
    ) -> ShellWord:
        """Read one word; `indexed`: it begins like `name[`, and what follows may be arithmetic."""
        noted = self.new_word(word, role, static_text(self.reading.text, word), operator)
        of_command = command if role not in _WITHOUT_COMMAND else None
        with self.notes.inside(Frame(Quoting.WORD, of_command, noted)):
            if indexed:
                with self.notes.inside(Frame(Quoting.INDEX)):
                    self.parts(word.parts)
            else:
                self.parts(word.parts)
        return noted

    def assignment(self, assignment: Assignment, command: ShellCommand, role: Role) -> ShellWord:
        """Read an assignment as the one word that it is."""
        text = self.reading.text
        written = text[assignment.start : assignment.end]
        value = written if assignment.value is None else static_text(text, assignment.value)
        if assignment.value is not None and value is not None:
            value = text[assignment.start : assignment.value.start] + value
        noted = self.new_word(assignment, role, value)
        with self.notes.inside(Frame(Quoting.WORD, command, noted)):
            if assignment.index is not None:
                self._index(assignment.index)
            if assignment.value is not None:
                self.parts(assignment.value.parts)
            for element in assignment.elements or ():
                static = None if element.value is None else static_text(text, element.value)
                inner = self.new_word(element, Role.ELEMENT, static)
                noted.elements.append(inner)
                with self.notes.inside(Frame(Quoting.WORD, None, inner)):
                    if element.index is not None:
                        self._index(element.index)
                    if element.value is not None:
                        self.parts(element.value.parts)
        return noted

    def parts(self, parts: Sequence[Part], *, quoted: bool = False) -> None:
        """Read the parts of a word, of quotes, or of a here-document."""
        for part in parts:
            if isinstance(part, Plain):
                self.notes.note_literal(part.start, part.end, escapes=True)
            elif isinstance(part, Quoted):
                self._quotes(part)
            elif isinstance(part, Expansion):
                self._expansion(part)
            elif isinstance(part, Substitution):
                self._substitution(part)
            elif isinstance(part, PatternList):
                self._pattern_list(part)
            else:
                self.notes.mark_dynamic()
                with self.notes.inside(Frame(Quoting.ARITHMETIC)):
                    self.operands(part)

    def operands(self, expression: Arithmetic) -> None:
        """Read the operands of arithmetic; a name is read without a `$`."""
        for operand in expression.operands:
            for part in operand.parts:
                self._operand(part)

    def _operand(self, part: Part) -> None:
        text = self.reading.text
        if isinstance(part, Plain):
            for match in _NAME.finditer(text, part.start, part.end):
                self.note_counted(match[0], match.start())
        elif isinstance(part, Quoted) and part.quoting is not Quoting.DOUBLE:
            raise ReadFailed("a single quote in arithmetic", part.start)
        elif isinstance(part, Expansion) and text[part.start] != "$":
            self.note_counted(part.name, part.start)
            if part.index is not None:
                self.operands(part.index)
            return
        self.parts((part,))

    def note_counted(self, name: str, start: int) -> None:
        """Note that arithmetic reads the variable `name`."""
        self.reading.counted.add(name)
        self.reading.counted_at.setdefault(name, start)

    def _index(self, expression: Arithmetic) -> None:
        with self.notes.inside(Frame(Quoting.INDEX)):
            for operand in expression.operands:
                for part in operand.parts:
                    if isinstance(part, Quoted):
                        self.parts((part,))
                    else:
                        self._operand(part)

    def _quotes(self, quoted: Quoted) -> None:
        with self.notes.inside(Frame(quoted.quoting)):
            if quoted.quoting in (Quoting.SINGLE, Quoting.ANSI):
                self.notes.note_literal(quoted.start, quoted.end, escapes=quoted.quoting is Quoting.ANSI)
            else:
                self.parts(quoted.parts)

    def _expansion(self, part: Expansion) -> None:
        if self.notes.is_token(part.start, part.end):
            self.notes.note(part.start)
            return
        self.notes.mark_dynamic()
        indirect = part.prefix == "!" and _NAME.fullmatch(part.name) is not None
        if part.prefix != "#":
            self.notes.note_expansion(part.name, part.start, part.end)
            if indirect:
                self.notes.note_expansion(INDIRECT, part.start, part.end)
        listed = part.operator in ("*", "@") or self.reading.text.endswith(("[@]}", "[*]}"), part.start, part.end)
        evaluates = part.operator == "@" and self.reading.text.endswith("P}", part.start, part.end)
        if evaluates or (indirect and not listed):
            self.reading.dereferenced.add(part.name)
        assigned = part.name if part.operator in ("=", ":=") else ""
        with self.notes.inside(Frame(Quoting.EXPANSION, variable=assigned)):
            if part.index is not None:
                self._index(part.index)
            for each in part.slices:
                with self.notes.inside(Frame(Quoting.INDEX)):
                    self.operands(each)
            for operand in part.operands:
                self._check_single_quotes(operand)
                self.parts(operand.parts)

    def _check_single_quotes(self, operand: Word) -> None:
        """Raise `ReadFailed` for a value beside single quotes that double quotes around the expansion make plain."""
        text = self.reading.text
        if self.notes.tokens_in(operand.start, operand.end) and any(
            isinstance(part, Plain) and "'" in text[part.start : part.end] for part in operand.parts
        ):
            raise ReadFailed("single quotes inside an expansion, which shells read differently", operand.start)

    def _substitution(self, part: Substitution) -> None:
        self.notes.mark_dynamic()
        text = self.reading.text
        if part.quoting is Quoting.BACKTICK and "\\" in text[part.start : part.end]:
            if self.notes.tokens_in(part.start, part.end):
                raise ReadFailed("backslashes in backticks change what stands in them: write $(…)", part.start)
            return
        with self.notes.inside(Frame(part.quoting)):
            self.substituted(part.statements)

    def _pattern_list(self, part: PatternList) -> None:
        """Note the placeholders of `@(…)`, whose text the parser leaves alone; quotes in it are for nobody to see."""
        inside = self.reading.text[part.start + 2 : part.end - 1]
        tokens = self.notes.tokens_in(part.start, part.end)
        if _ENDS_WORD.search(inside):
            raise ReadFailed("a pattern list without ')'", part.start)
        if _QUOTES.search(inside) or inside.count("$") + inside.count("`") > len(tokens):
            raise ReadFailed("a pattern list with quotes or expansions", part.start)
        for start in tokens:
            self.notes.note(start)


_WITHOUT_COMMAND = frozenset({Role.LOOP, Role.SUBJECT, Role.PATTERN})
