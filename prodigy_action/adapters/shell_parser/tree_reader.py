"""The parser's JSON → our tree; a node that is not known, or text that no node covers, is a problem of the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from prodigy_action.adapters.shell_parser.word_reader import Misread, Uncertain, WordReader
from prodigy_action.pure.shell.syntax.here_documents import find_body, misplaced_body
from prodigy_action.pure.shell.syntax.tree import (
    Body,
    Branch,
    Call,
    Chain,
    Command,
    Compound,
    CompoundKind,
    Condition,
    Let,
    Operator,
    Redirect,
    Span,
    Statement,
    Word,
)

Node = Mapping[str, Any]

_GAP = re.compile(
    r"(?:[ \t\n;&|(){}!<>]|\\\n|<<-|(?<![^\s;&|(){}`])"
    r"(?:if|then|elif|else|fi|while|until|for|select|do|done|case|in|esac|function|coproc|time(?:[ \t]+-p)?|\[\[|\]\])"
    r"(?![^\s;&|(){}`<>]))*"
)
"""What may stand between words, assignments, comments and the texts of here-documents."""


_ENDING = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    ["if", "then", "elif", "else", "fi", "for", "while", "until", "select", "do", "done", "case", "in", "esac"]
) | frozenset(["function", "time", "coproc"])


class TreeReader(WordReader):
    """Reads the nodes of one text; `base` is where it begins in what was parsed, and the parser has not seen the
    characters at `taken_out`. Raises `Uncertain` and `Misread`."""

    def __init__(self, text: str, base: int = 0, taken_out: Collection[int] = ()) -> None:
        super().__init__(text, base)
        self.taken_out = taken_out
        self.comments: list[Span] = []
        self._covered: list[Span] = []
        self._bodies: list[tuple[int, Body]] = []

    def read(self, nodes: Sequence[Node], comments: Sequence[Node] = ()) -> tuple[Statement, ...]:
        """The statements of the text."""
        with self.region(0, len(self.text)):
            statements = self.statements(nodes)
            self._note_comments(comments)
        misplaced = misplaced_body(self.text, self._bodies)
        if misplaced is not None:
            raise Uncertain("a here-document without its text", misplaced)
        return statements

    @contextmanager
    def region(self, start: int, end: int) -> Iterator[None]:
        """Everything read meanwhile covers the span; raises `Uncertain` when something in it is not read."""
        outer, self._covered = self._covered, []
        yield
        position = start
        for span in sorted(self._covered, key=lambda span: (span.start, span.end)):
            if span.start > position and not _GAP.fullmatch(self.text, position, span.start):
                raise Uncertain("text that the parser does not show", position)
            position = max(position, span.end)
        if end > position and not _GAP.fullmatch(self.text, position, end):
            raise Uncertain("text that the parser does not show", position)
        self._covered = outer

    def statements(self, nodes: Sequence[Node] | None) -> tuple[Statement, ...]:
        """A list of statements."""
        return tuple(self._statement(node) for node in nodes or ())

    def cover(self, span: Span) -> None:
        """Note that a span is read."""
        self._covered.append(span)

    def known(self, node: Node, *keys: str) -> None:
        """Raise `Uncertain` for a part of a node that is not known; comments are noted."""
        for key in node:
            if key in _COMMENTS:
                self._note_comments(node[key])
            elif key not in keys and key not in _COMMON:
                raise Uncertain(f"{node.get('Type', key)} is not understood", self.at(node))

    def _note_comments(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            start = self.at(node)
            if start < 0 or start > len(self.text):
                continue  # of a neighbour in what was parsed
            end = self.text.find("\n", start)
            ends = [end if end >= 0 else len(self.text), self.at(node, "End")]
            span = Span(start, min(ends))
            if self.text[span.end - 1] == "\\" and span.end - 1 not in self.taken_out:
                raise Misread(span.end - 1)
            self.comments.append(span)
            self.cover(span)

    def _statement(self, node: Node) -> Statement:
        self.known(node, "Cmd", "Position", "Semicolon", "Negated", "Background", "Redirs")
        command = node.get("Cmd")
        return Statement(
            self.at(node),
            self.at(node, "End"),
            None if command is None else self._command(command),
            tuple(map(self._redirect, node.get("Redirs", ()))),
            negated=node.get("Negated", False),
            background=node.get("Background", False),
        )

    def _command(self, node: Node) -> Command:
        reader = _COMMANDS.get(node["Type"])
        if reader is None:
            raise Uncertain(f"{node['Type']} is not understood", self.at(node))
        with self.deeper(node):
            return reader(self, node)

    def _covered_word(self, node: Node) -> Word:
        word = self.word(node)
        self.cover(word)
        return word

    def _redirect(self, node: Node) -> Redirect:
        self.known(node, "OpPos", "Op", "N", "Word", "Hdoc")
        start = self.at(node, "OpPos")
        target = self._covered_word(node["Word"])
        descriptor = node.get("N", {}).get("Value", "")
        if descriptor:
            self.cover(Span(self.at(node), start))
        body = None
        if node["Op"] in ("<<", "<<-"):
            shown = node.get("Hdoc")
            if shown is not None:
                self.known(shown, "Parts")
            span = (self.at(shown), self.at(shown, "End")) if shown is not None else None
            located = find_body(self.text, target, span, strips_tabs=node["Op"] == "<<-")
            if isinstance(located, str):
                raise Uncertain(located, start)
            body = self.with_parts(located, () if located.quoted or shown is None else shown.get("Parts", ()))
            self.cover(body)
            self._bodies.append((target.end, body))
        return Redirect(start, target.end, node["Op"], descriptor, target, body)

    def _call(self, node: Node) -> Call:
        self.known(node, "Assigns", "Args")
        assignments = tuple(map(self.assignment, node.get("Assigns", ())))
        words = tuple(map(self.word, node.get("Args", ())))
        if words and not assignments and self.text[words[0].start : words[0].end] in _ENDING:
            raise Uncertain("a reserved word that begins nothing", words[0].start)
        for item in (*assignments, *words):
            self.cover(item)
        return Call(self.at(node), self.at(node, "End"), assignments, words)

    def _declaration(self, node: Node) -> Call:
        self.known(node, "Variant", "Args")
        words = (self.literal_word(node["Variant"]), *map(self.argument, node.get("Args", ())))
        for item in words:
            self.cover(item)
        return Call(self.at(node), self.at(node, "End"), (), words, keyword=True)

    def _let(self, node: Node) -> Let:
        self.known(node, "Let", "Exprs")
        start = self.at(node)
        self.cover(Span(start, start + len("let")))
        arguments = tuple(map(self.arithmetic, node["Exprs"]))
        for argument in arguments:
            self.cover(argument)
        return Let(start, self.at(node, "End"), arguments)

    def _condition(self, node: Node) -> Condition:
        self.known(node, "Left", "Right", "X")
        terms = tuple(self._terms(node["X"]))
        for term in terms:
            self.cover(term)
        return Condition(self.at(node), self.at(node, "End"), terms)

    def _terms(self, node: Node) -> Iterator[Word | Operator]:
        kind = node["Type"]
        if kind == "Word":
            yield self.word(node)
            return
        self.known(node, "OpPos", "Op", "X", "Y", "Lparen", "Rparen")
        with self.deeper(node):
            if kind == "ParenTest":
                yield Operator(self.at(node, "Lparen"), self.at(node, "Lparen") + 1, "(")
                yield from self._terms(node["X"])
                yield Operator(self.at(node, "Rparen"), self.at(node, "Rparen") + 1, ")")
                return
            start = self.at(node, "OpPos")
            operator = Operator(start, start + len(node["Op"]), node["Op"])
            if self.text[operator.start : operator.end] != operator.text:
                if not (operator.text == "==" and self.text[start] == "="):
                    raise Uncertain(f"the operator {operator.text!r} is not where the parser shows it", start)
                operator = Operator(start, start + 1, "=")
            if kind == "UnaryTest":
                yield operator
                yield from self._terms(node["X"])
            else:
                yield from self._terms(node["X"])
                yield operator
                yield from self._terms(node["Y"])

    def _chain(self, node: Node) -> Chain:
        self.known(node, "OpPos", "Op", "X", "Y")
        left, right = self._statement(node["X"]), self._statement(node["Y"])
        return Chain(self.at(node), self.at(node, "End"), node["Op"], left, right)

    def _compound(self, node: Node, kind: CompoundKind, *branches: Branch, **fields: Any) -> Compound:
        return Compound(self.at(node), self.at(node, "End"), kind, branches, **fields)

    def _group(self, node: Node) -> Compound:
        self.known(node, "Lbrace", "Rbrace", "Lparen", "Rparen", "Stmts")
        kind: CompoundKind = "{" if node["Type"] == "Block" else "("
        return self._compound(node, kind, Branch(self.statements(node.get("Stmts"))))

    def _if(self, node: Node) -> Compound:
        branches: list[Branch] = []
        following: Node | None = node
        while following is not None:
            self.known(following, "Position", "ThenPos", "FiPos", "Cond", "Then", "Else")
            branches += [Branch(self.statements(following.get(key))) for key in ("Cond", "Then") if key in following]
            following = following.get("Else")
        return self._compound(node, "if", *branches)

    def _while(self, node: Node) -> Compound:
        self.known(node, "WhilePos", "DoPos", "DonePos", "Until", "Cond", "Do")
        branches = [Branch(self.statements(node.get(key))) for key in ("Cond", "Do")]
        return self._compound(node, "until" if node.get("Until") else "while", *branches)

    def _for(self, node: Node) -> Compound:
        self.known(node, "ForPos", "DoPos", "DonePos", "Select", "Braces", "Loop", "Do")
        loop = node["Loop"]
        if loop["Type"] == "CStyleLoop":
            self.known(loop, "Lparen", "Rparen", "Init", "Cond", "Post")
            expressions = tuple(self.arithmetic(loop[key]) for key in ("Init", "Cond", "Post") if key in loop)
            self.cover(Span(self.at(loop), self.at(loop, "End")))
            body = Branch(self.statements(node.get("Do")))
            return self._compound(node, "for ((", body, expressions=expressions)
        self.known(loop, "Name", "InPos", "Items")
        name = self.literal_word(loop["Name"])
        self.cover(name)
        if not _NAME.fullmatch(loop["Name"]["Value"]):
            raise Uncertain("a loop whose variable has no name", name.start)
        words = tuple(map(self._covered_word, loop.get("Items", ())))
        body = Branch(self.statements(node.get("Do")))
        kind: CompoundKind = "select" if node.get("Select") else "for"
        return self._compound(node, kind, body, name=loop["Name"]["Value"], name_end=name.end, words=words)

    def _case(self, node: Node) -> Compound:
        self.known(node, "Case", "In", "Esac", "Braces", "Word", "Items")
        subject = self._covered_word(node["Word"])
        branches: list[Branch] = []
        for item in node.get("Items", ()):
            self.known(item, "Op", "OpPos", "Patterns", "Stmts")
            patterns = tuple(map(self._covered_word, item.get("Patterns", ())))
            branches.append(Branch(self.statements(item.get("Stmts")), patterns))
        return self._compound(node, "case", *branches, words=(subject,))

    def _function(self, node: Node) -> Compound:
        self.known(node, "Position", "RsrvWord", "Parens", "Name", "Body")
        name = self.literal_word(node["Name"])
        self.cover(name)
        body = Branch((self._statement(node["Body"]),))
        return self._compound(node, "function", body, name=node["Name"]["Value"], name_end=name.end)

    def _arithmetic_command(self, node: Node) -> Compound:
        self.known(node, "Left", "Right", "X")
        self.cover(Span(self.at(node), self.at(node, "End")))
        return self._compound(node, "((", expressions=(self.arithmetic(node["X"]),))

    def _check_plain(self, word: Span) -> None:
        """Raise `Uncertain` for the first word behind `coproc` when it is more than a name."""
        written = self.text[word.start : word.end]
        if not _PLAIN_WORD.fullmatch(written) or written in _RESERVED:
            raise Uncertain("a coproc that shells read differently", word.start)

    def _time(self, node: Node) -> Compound:
        self.known(node, "Time", "PosixFormat", "Stmt")
        timed = (self._statement(node["Stmt"]),) if "Stmt" in node else ()
        return self._compound(node, "time", Branch(timed))

    def _coproc(self, node: Node) -> Compound:
        self.known(node, "Coproc", "Name", "Stmt")
        statement = self._statement(node["Stmt"])
        command = statement.command
        name = self._covered_word(node["Name"]) if "Name" in node else None
        if isinstance(command, Call) and not command.assignments and not command.keyword:
            # a shell takes a name before a compound command only
            words = command.words if name is None else (name, *command.words)
            self._check_plain(words[0])
            statement = replace(statement, command=replace(command, start=words[0].start, words=words))
        elif not isinstance(command, Compound | Condition):
            raise Uncertain("a coproc that shells read differently", self.at(node))
        elif name is not None:
            self._check_plain(name)
        return self._compound(node, "coproc", Branch((statement,)))


_COMMON = frozenset({"Type", "Pos", "End"})
_COMMENTS = frozenset({"Comments", "Last", "CondLast", "ThenLast", "DoLast"})
_COMMANDS: Mapping[str, Callable[[TreeReader, Node], Command]] = {
    "ArithmCmd": TreeReader._arithmetic_command,
    "BinaryCmd": TreeReader._chain,
    "Block": TreeReader._group,
    "CallExpr": TreeReader._call,
    "CaseClause": TreeReader._case,
    "CoprocClause": TreeReader._coproc,
    "DeclClause": TreeReader._declaration,
    "ForClause": TreeReader._for,
    "FuncDecl": TreeReader._function,
    "IfClause": TreeReader._if,
    "LetClause": TreeReader._let,
    "Subshell": TreeReader._group,
    "TestClause": TreeReader._condition,
    "TimeClause": TreeReader._time,
    "WhileClause": TreeReader._while,
}
