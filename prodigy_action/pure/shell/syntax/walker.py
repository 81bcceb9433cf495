"""Reads a tree once and notes commands, words, and in which quotes and which word each placeholder stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from prodigy_action.pure.shell.syntax.commands import mark_stand_ins
from prodigy_action.pure.shell.syntax.nodes import Frame, Heredoc, Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ReadFailed, ShellReading
from prodigy_action.pure.shell.syntax.tree import (
    Arithmetic,
    Assignment,
    Body,
    Call,
    Chain,
    Compound,
    Condition,
    Let,
    ParsedShell,
    Quoting,
    Redirect,
    Span,
    Statement,
    Word,
)
from prodigy_action.pure.shell.syntax.word_walker import WordWalker
from prodigy_action.pure.shell.syntax.wrappers import mark_data

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SUBSCRIPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[")
_ARITHMETIC_TESTS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_NAME_TESTS = frozenset({"-v", "-R"})
_JOINING = frozenset({"&&", "||", "<", ">", "(", ")"})
_PASSING = frozenset({"{", "if", "while", "until", "time", "coproc"})
"""Compound commands whose first command reads the pipe that they stand behind."""


class TreeWalker(WordWalker):
    """Reads statements; the words in them are for `WordWalker`."""

    def statements(self, statements: Sequence[Statement], piped_from: int | None = None) -> None:
        """Read a list of statements; the first reads the output of what starts at `piped_from`."""
        for index, statement in enumerate(statements):
            self._statement(statement, None if index else piped_from)

    def substituted(self, statements: Sequence[Statement]) -> None:
        """Read the statements of a substitution."""
        outer, self._outermost = self._outermost, None
        self.statements(statements)
        self._outermost = outer

    def _statement(self, statement: Statement, piped_from: int | None, *, last: bool = True) -> None:
        command = statement.command
        if isinstance(command, Chain):
            self._chain(statement, command, piped_from, last=last)
            self._redirects(statement.redirects, self._new_command(statement, piped_from))
            return
        if isinstance(command, Compound):
            self._compound(statement, command, piped_from)
            self._redirects(statement.redirects, self._new_command(statement, piped_from))
            return
        noted = self._new_command(statement, piped_from)
        noted.last_in_pipeline = last
        if isinstance(command, Call):
            self._call(command, noted, statement.redirects)
            return
        if isinstance(command, Let):
            self._let(command, noted)
        elif isinstance(command, Condition):
            self._condition(command, noted)
        self._redirects(statement.redirects, noted)

    def _chain(self, statement: Statement, chain: Chain, piped_from: int | None, *, last: bool) -> None:
        if chain.operator not in ("|", "|&"):
            self._statement(chain.left, piped_from)
            self._statement(chain.right, None)
            return
        self._statement(chain.left, piped_from, last=False)
        self._statement(chain.right, statement.start if self._outermost is None else self._outermost, last=last)

    def _compound(self, statement: Statement, compound: Compound, piped_from: int | None) -> None:
        kind = compound.kind
        for expression in compound.expressions:
            self.arithmetic(expression)
        if kind == "function":
            self.reading.functions[compound.name] = compound.name_end
            self.reading.bodies[compound.name] = (compound.name_end, statement.end)
        role = Role.SUBJECT if kind == "case" else Role.LOOP
        words = [self.word(word, role) for word in compound.words]
        if kind in ("for", "select"):
            self.reading.loops.setdefault(compound.name, []).extend(words)
        outer = self._outermost
        self._outermost = None if kind in ("(", "case") else statement.start if outer is None else outer
        for index, branch in enumerate(compound.branches):
            for pattern in branch.patterns:
                self.word(pattern, Role.PATTERN)
            self.statements(branch.statements, piped_from if index == 0 and kind in _PASSING else None)
        self._outermost = outer

    def _new_command(self, statement: Statement, piped_from: int | None) -> ShellCommand:
        command = ShellCommand(piped_from=piped_from, start=statement.start, frames=self.notes.frames)
        self.reading.commands.append(command)
        return command

    def _call(self, call: Call, command: ShellCommand, redirects: Sequence[Redirect]) -> None:
        for item in sorted((*call.assignments, *call.words, *redirects), key=lambda item: item.start):
            if isinstance(item, Redirect):
                self._redirect(item, command)
            elif isinstance(item, Assignment) and not command.words:
                command.assignments.append(self.assignment(item, command, Role.ASSIGNMENT))
            else:
                role = Role.ARGUMENT if command.words else Role.COMMAND
                command.words.append(self._argument(item, command, role, declares=call.keyword))

    def _argument(self, item: Word | Assignment, command: ShellCommand, role: Role, *, declares: bool) -> ShellWord:
        if isinstance(item, Assignment):
            return self.assignment(item, command, role)
        indexed = (role is Role.COMMAND or declares) and _SUBSCRIPT.match(self.reading.text, item.start, item.end)
        return self.word(item, role, command, indexed=bool(indexed))

    def _let(self, let: Let, command: ShellCommand) -> None:
        name = Span(let.start, let.start + len("let"))
        command.words.append(self.new_word(name, Role.COMMAND, "let"))
        for argument in let.arguments:
            word = self.new_word(argument, Role.ARGUMENT, self.reading.text[argument.start : argument.end])
            with self.notes.inside(Frame(Quoting.WORD, command, word)):
                for operand in argument.operands:
                    self.parts(operand.parts)
            command.words.append(word)

    def _condition(self, condition: Condition, command: ShellCommand) -> None:
        """Read `[[ … ]]`; operands of the operators that count are marked as arithmetic."""
        name = Span(condition.start, condition.start + len("[["))
        command.words.append(self.new_word(name, Role.COMMAND, "[["))
        previous: ShellWord | None = None
        for term in condition.terms:
            if not isinstance(term, Word) and term.text in _JOINING:
                previous = None
                continue
            word = (
                self.word(term, Role.CONDITION, command)
                if isinstance(term, Word)
                else self.new_word(term, Role.CONDITION, term.text)
            )
            command.words.append(word)
            if previous is not None and previous.text in _ARITHMETIC_TESTS | _NAME_TESTS:
                word.arithmetic = True
            if previous is not None and word.text in _ARITHMETIC_TESTS:
                previous.arithmetic = True
            for counted in (word, previous):
                if counted is not None and counted.arithmetic:
                    for match in _IDENTIFIER.finditer(counted.text):
                        self.note_counted(match[0], counted.start + match.start())
            previous = word

    def _redirects(self, redirects: Sequence[Redirect], command: ShellCommand) -> None:
        for redirect in redirects:
            self._redirect(redirect, command)

    def _redirect(self, redirect: Redirect, command: ShellCommand) -> None:
        if redirect.body is not None:
            self._heredoc(redirect, redirect.body, command)
            return
        word = self.word(redirect.target, Role.REDIRECT, command, operator=redirect.operator)
        command.redirects.append(word)
        command.split_by_dash |= redirect.operator.startswith("&>")

    def _heredoc(self, redirect: Redirect, body: Body, command: ShellCommand) -> None:
        target = redirect.target
        heredoc = Heredoc(redirect.start, target.start, target.end, redirect.operator == "<<-", body, command)
        for other in self.reading.heredocs[-1:]:
            if self.reading.text.find("\n", other.delimiter_end, target.start) < 0:
                other.shares_line = heredoc.shares_line = True
        command.reads_heredoc = True
        self.reading.heredocs.append(heredoc)
        quoting = Quoting.QUOTED_HEREDOC if body.quoted else Quoting.HEREDOC
        with self.notes.inside(Frame(quoting, command, heredoc=heredoc)):
            if body.quoted:
                self.notes.note_literal(body.start, body.closing_start, escapes=False)
            else:
                self.parts(body.parts)

    def arithmetic(self, expression: Arithmetic) -> None:
        """Read the head of `((…))` or of `for ((…))`."""
        with self.notes.inside(Frame(Quoting.ARITHMETIC)):
            self.operands(expression)


def read_shell(parsed: ParsedShell, tokens: Sequence[tuple[int, int]] = ()) -> ShellReading:
    """What a text says, with placeholders at the spans `tokens`.

    Raises `ReadFailed` where the text has no tree or the place of a value is not certain.
    """
    if parsed.problem is not None:
        raise ReadFailed(parsed.problem.reason, parsed.problem.position)
    walker = TreeWalker(parsed.text, tokens)
    walker.reading.nested = parsed.nested
    walker.statements(parsed.statements)
    for comment in parsed.comments:
        with walker.notes.inside(Frame(Quoting.COMMENT)):
            walker.notes.note_literal(comment.start, comment.end, escapes=False)
    mark_stand_ins(walker.reading.commands)
    mark_data(walker.reading.commands, walker.reading.functions)
    return walker.reading


@lru_cache(maxsize=64)
def read_code(parsed: ParsedShell) -> ShellReading | None:
    """A text without placeholders, read; None when it is not understood."""
    try:
        return read_shell(parsed)
    except ReadFailed:
        return None
