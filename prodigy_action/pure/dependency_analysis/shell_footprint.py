"""The footprint of a shell command, read from its syntax tree; what is not understood is a barrier."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.pure.dependency_analysis.argument_words import ArgumentWord, read_argument
from prodigy_action.pure.dependency_analysis.builtins import BUILTINS, touch_test
from prodigy_action.pure.dependency_analysis.command_arguments import touch_arguments
from prodigy_action.pure.dependency_analysis.expansions import read_expansions
from prodigy_action.pure.dependency_analysis.footprint import Access, Footprint, FootprintBuilder
from prodigy_action.pure.dependency_analysis.known_commands import KNOWN_COMMANDS, TOUCH_NO_FILE
from prodigy_action.pure.dependency_analysis.value_mentions import MarkedText, mark_values
from prodigy_action.pure.dependency_analysis.worktree_paths import NO_PATHS, PathSet
from prodigy_action.pure.shell.syntax.tree import (
    Assignment,
    Call,
    Chain,
    Compound,
    Condition,
    Let,
    Operator,
    ParsedShells,
    Redirect,
    Span,
    Statement,
    Word,
)
from prodigy_action.pure.text.cutting import cut

_FOLLOWED = frozenset({"{", "(", "if", "while", "until", "for", "case"})
"""Compound commands whose parts are all that they do."""
_INPUT_OPERATORS = frozenset({"<"})
_OUTPUT_OPERATORS = frozenset({">", ">>", ">|"})
_COPY_OPERATORS = frozenset({">&", "<&"})
_NAME = re.compile(r"[A-Za-z_]\w*")
_META = re.compile(r"[|&;<>()]")


def read_footprint(
    text: str, parsed: ParsedShells, *, working_dir: str = "", symlinks: PathSet = NO_PATHS
) -> Footprint:
    """What the shell command `text`, run in `working_dir`, reads and writes.

    `parsed` has the tree of the text (`mark_values`). `symlinks` are the links of the worktree (hard ones too), as
    paths relative to it. A path that contains such a link, or has one below it, may lead to another file, so it makes a
    barrier.
    """
    builder = FootprintBuilder(working_dir=working_dir, symlinks=symlinks)
    marked = mark_values(text)
    tree = parsed.get(marked.text)
    if tree is None:
        builder.stop_at("the command has not been parsed")
    elif tree.problem is not None:
        builder.stop_at(f"{marked.word_at(tree.problem.position)!r} is not understood: {tree.problem.reason}")
    else:
        _Walker(builder, marked).visit(tree.statements)
    return builder.build()


class _Walker:
    """Visits statements; every kind of command that has no rule here is a barrier."""

    def __init__(self, builder: FootprintBuilder, text: MarkedText) -> None:
        self._builder = builder
        self._text = text

    def visit(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        command = statement.command
        if statement.background:
            self._builder.stop_at(f"{self._shown(statement)} runs in the background")
        if isinstance(command, Call):
            self._call(command)
        elif isinstance(command, Chain):
            if command.operator == "|&":
                self._builder.stop_at(f"{self._shown(command)} is more than is understood")
            self.visit((command.left, command.right))
        elif isinstance(command, Condition):
            self._condition(command)
        elif isinstance(command, Let):
            self._builder.stop_at(f"{self._shown(command)} is more than is understood")
        elif command is not None:
            self._compound(command)
        for redirect in statement.redirects:
            self._redirect(redirect)

    def _compound(self, compound: Compound) -> None:
        if compound.kind not in _FOLLOWED:
            self._builder.stop_at(f"{self._shown(compound)} is more than is understood")
        if compound.kind == "for":
            self._builder.write_variable(compound.name)
        for word in compound.words:
            self._expansions(word)
            if compound.kind == "for":
                self._builder.touch(self._read(word), Access.TEXT)
        for branch in compound.branches:
            for pattern in branch.patterns:
                self._expansions(pattern)
            self.visit(branch.statements)

    def _call(self, call: Call) -> None:
        for assignment in call.assignments:
            self._assignment(assignment)
        if not call.words:
            return
        name, *arguments = call.words
        if call.keyword or not isinstance(name, Word):
            self._declaration(self._text.written(name), arguments)
            return
        program = self._word(name)
        if program.literal == "unset":
            self._declaration("unset", arguments)
            return
        self._run(program, [self._word(each) for each in arguments if isinstance(each, Word)])

    def _run(self, name: ArgumentWord, words: Sequence[ArgumentWord]) -> None:
        for word in words:
            if word.splits or word.glob:
                self._builder.touch(word, Access.TEXT)
            if word.odd:
                self._builder.stop_at(f"{word.text!r} is more than is understood")
        program = name.literal
        if program is None:
            self._builder.stop_at(f"the program {name.text!r} is not known before running")
        elif program in BUILTINS:
            BUILTINS[program](words, self._builder)
        elif program in KNOWN_COMMANDS:
            touch_arguments(program, KNOWN_COMMANDS[program], words, self._builder)
        elif program not in TOUCH_NO_FILE:
            self._builder.stop_at(f"what {program!r} reads and writes is not known")

    def _word(self, word: Word) -> ArgumentWord:
        self._expansions(word)
        return self._read(word)

    def _read(self, word: Word) -> ArgumentWord:
        return read_argument(self._text.text, word, shown=self._text.shown)

    def _expansions(self, word: Word) -> None:
        read_expansions(word.parts, self._text, self._builder, self.visit)

    def _redirect(self, redirect: Redirect) -> None:
        if redirect.descriptor.startswith("{"):
            self._builder.stop_at(f"the redirection {self._shown(redirect)} is more than is understood")
        if redirect.body is not None:
            read_expansions(redirect.body.parts, self._text, self._builder, self.visit)
        elif redirect.operator == "<<<":
            self._expansions(redirect.target)
        else:
            self._redirect_target(redirect.operator, self._word(redirect.target))

    def _redirect_target(self, operator: str, word: ArgumentWord) -> None:
        if operator in _COPY_OPERATORS:
            if not _is_descriptor(word):
                self._builder.stop_at(f"the redirection to {word.text!r} is more than is understood")
        elif operator in _INPUT_OPERATORS:
            self._builder.touch(word, Access.READ)
        elif operator in _OUTPUT_OPERATORS:
            self._builder.touch(word, Access.WRITE)
        else:
            self._builder.stop_at(f"the redirection {operator!r} is more than is understood")

    def _assignment(self, assignment: Assignment) -> None:
        if assignment.index is not None or assignment.elements is not None:
            self._builder.stop_at(f"the array in {self._shown(assignment)} is not understood")
            for element in assignment.elements or ():
                self._expansions(element.value or Word(element.start, element.start, ()))
        self._builder.write_variable(assignment.name)
        if assignment.appends:
            self._builder.variable_reads.add(assignment.name)
        if assignment.value is not None:
            self._expansions(assignment.value)

    def _declaration(self, keyword: str, arguments: Sequence[Word | Assignment]) -> None:
        if keyword not in ("export", "readonly", "unset"):
            self._builder.stop_at(f"{keyword!r} is more than is understood")
        for argument in arguments:
            if isinstance(argument, Assignment):
                self._assignment(argument)
                value = None if argument.value is None else self._read(argument.value)
                if value is not None and (value.splits or value.glob):
                    self._builder.stop_at(f"{self._shown(argument)} may set other variables too")
                continue
            name = self._word(argument).literal
            if name is not None and _NAME.fullmatch(name):
                self._builder.write_variable(name)
            else:
                self._builder.stop_at(f"the argument {self._shown(argument)} of {keyword!r} is not understood")

    def _condition(self, condition: Condition) -> None:
        touch_test("[[", [self._term(term) for term in condition.terms], self._builder)

    def _term(self, term: Word | Operator) -> ArgumentWord:
        if isinstance(term, Word):
            return self._word(term)
        return ArgumentWord(term.text, term.text, odd=_META.search(term.text) is not None)

    def _shown(self, span: Span) -> str:
        text = " ".join(self._text.written(span).split())
        return repr(cut(text, 40))


def _is_descriptor(word: ArgumentWord) -> bool:
    return word.literal == "-" or (word.literal or "").removesuffix("-").isdigit()
