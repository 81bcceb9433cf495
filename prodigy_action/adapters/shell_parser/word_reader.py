"""Words, expansions and arithmetic of the parser's JSON → our tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from prodigy_action.pure.shell.syntax.tree import (
    Arithmetic,
    Assignment,
    Body,
    Element,
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

Node = Mapping[str, Any]

_MAX_DEPTH = 60
_CONTINUED = re.compile(r"[\\\n]*")
_BACKTICK = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
_PROCESS = re.compile(r"[<>]\(")
_QUOTED_OPERATORS = frozenset({":-", "-", ":=", "=", ":?", "?", ":+", "+"})
"""Operators whose operand, between double quotes, gives single quotes no meaning."""


class Uncertain(Exception):
    """A text whose structure is not certain; `position` is an offset into it."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class WordReader(ABC):
    """Reads words; what stands in a substitution is for `statements`."""

    def __init__(self, text: str, base: int) -> None:
        self.text = text
        self._base = base
        self._depth = 0
        self._quoted = False
        self.quoted_operands: list[Span] = []
        """Plain text in which single quotes mean nothing: of expansions between double quotes."""

    @abstractmethod
    def statements(self, nodes: Sequence[Node] | None) -> tuple[Statement, ...]:
        """Read a list of statements."""

    @abstractmethod
    def region(self, start: int, end: int) -> AbstractContextManager[None]:
        """Everything read meanwhile must cover the span."""

    @abstractmethod
    def known(self, node: Node, *keys: str) -> None:
        """Raise `Uncertain` for a part of a node that is not known."""

    def at(self, node: Node, key: str = "Pos") -> int:
        """The offset of a node into the text."""
        position: int = node[key]
        return position - self._base

    @contextmanager
    def deeper(self, node: Node) -> Iterator[None]:
        """Everything read meanwhile stands one level deeper."""
        if self._depth >= _MAX_DEPTH:
            raise Uncertain("nested too deeply", self.at(node))
        self._depth += 1
        yield
        self._depth -= 1

    def word(self, node: Node) -> Word:
        """A word."""
        self.known(node, "Parts")
        start, end = self.at(node), self.at(node, "End")
        parts = self.parts(node["Parts"], start, end)
        return Word(start, end, parts)

    def parts(self, nodes: Sequence[Node], start: int, end: int) -> tuple[Part, ...]:
        """The parts of a word or of a quoted text; raises `Uncertain` when they leave something out."""
        parts = tuple(map(self._part, nodes))
        position = start
        for part in (*parts, Span(end, end)):
            if part.start < position or not _CONTINUED.fullmatch(self.text, position, part.start):
                raise Uncertain("text that the parser does not show", position)
            position = part.end
        return parts

    def with_parts(self, body: Body, nodes: Sequence[Node]) -> Body:
        """A here-document that is not quoted, with its parts."""
        outer, self._quoted = self._quoted, True
        found = tuple(map(self._part, nodes))
        self._quoted = outer
        return replace(body, parts=found)

    def literal_word(self, node: Node) -> Word:
        """A name that the parser shows without parts."""
        span = self.at(node), self.at(node, "End")
        if self.text[slice(*span)].replace("\\\n", "") != node["Value"]:
            raise Uncertain("a name is not where the parser shows it", span[0])
        return Word(*span, (Plain(*span),))

    def assignment(self, node: Node) -> Assignment:
        """An assignment with a name."""
        self.known(node, "Append", "Name", "Index", "Value", "Array")
        return Assignment(
            self.at(node),
            self.at(node, "End"),
            node["Name"]["Value"],
            node.get("Append", False),
            self.arithmetic(node["Index"]) if "Index" in node else None,
            self.word(node["Value"]) if "Value" in node else None,
            tuple(self._elements(node["Array"])) if "Array" in node else None,
        )

    def argument(self, node: Node) -> Word | Assignment:
        """An argument of a command that declares variables."""
        if not node.get("Naked"):
            return self.assignment(node)
        self.known(node, "Naked", "Name", "Value", "Index")
        if "Index" in node:
            raise Uncertain("an index without a value is not understood", self.at(node))
        return self.word(node["Value"]) if "Value" in node else self.literal_word(node["Name"])

    def _elements(self, node: Node) -> Iterator[Element]:
        with self.region(self.at(node) + 1, self.at(node, "End") - 1):
            self.known(node, "Lparen", "Rparen", "Elems")
            for each in node.get("Elems", ()):
                self.known(each, "Index", "Value")
                index = self.arithmetic(each["Index"]) if "Index" in each else None
                value = self.word(each["Value"]) if "Value" in each else None
                start = self.at(each) - (index is not None)
                if index is not None and self.text[start : start + 1] != "[":
                    raise Uncertain("an index is not where the parser shows it", start)
                element = Element(start, self.at(each, "End"), index, value)
                self.cover(element)
                yield element

    @abstractmethod
    def cover(self, span: Span) -> None:
        """Note that a span is read."""

    def arithmetic(self, node: Node) -> Arithmetic:
        """An arithmetic expression."""
        return Arithmetic(self.at(node), self.at(node, "End"), tuple(self._operands(node)))

    def _operands(self, node: Node) -> Iterator[Word]:
        kind = node["Type"]
        if kind == "Word":
            yield self.word(node)
        elif kind in ("BinaryArithm", "UnaryArithm", "ParenArithm"):
            self.known(node, "OpPos", "Op", "Post", "X", "Y", "Lparen", "Rparen")
            with self.deeper(node):
                for key in ("X", "Y"):
                    if key in node:
                        yield from self._operands(node[key])
        else:
            raise Uncertain(f"{kind} is not understood", self.at(node))

    def _part(self, node: Node) -> Part:
        reader = _PARTS.get(node.get("Type", ""))
        if reader is None:
            raise Uncertain(f"{node.get('Type')} is not understood", self.at(node))
        with self.deeper(node):
            return reader(self, node)

    def _plain(self, node: Node) -> Plain:
        self.known(node, "ValuePos", "ValueEnd", "Value")
        return Plain(self.at(node), self.at(node, "End"))

    def _single(self, node: Node) -> Quoted:
        self.known(node, "Left", "Right", "Dollar", "Value")
        return Quoted(self.at(node), self.at(node, "End"), Quoting.ANSI if node.get("Dollar") else Quoting.SINGLE)

    def _double(self, node: Node) -> Quoted:
        self.known(node, "Left", "Right", "Dollar", "Parts")
        start, end = self.at(node), self.at(node, "End")
        translated = node.get("Dollar", False)
        outer, self._quoted = self._quoted, True
        parts = self.parts(node.get("Parts", ()), start + 1 + translated, end - 1)
        self._quoted = outer
        return Quoted(start, end, Quoting.TRANSLATED if translated else Quoting.DOUBLE, parts)

    def _expansion(self, node: Node) -> Expansion:
        self.known(
            node, "Dollar", "Rbrace", "Short", "Excl", "Length", "Param", "Index", "Slice", "Repl", "Names", "Exp"
        )
        index = self.arithmetic(node["Index"]) if "Index" in node else None
        operator = ""
        slices: tuple[Arithmetic, ...] = ()
        operands: tuple[Word, ...] = ()
        if "Slice" in node:
            self.known(node["Slice"], "Offset", "Length")
            operator = ":"
            slices = tuple(self.arithmetic(node["Slice"][key]) for key in ("Offset", "Length") if key in node["Slice"])
        elif "Repl" in node:
            self.known(node["Repl"], "All", "Orig", "With")
            operator = "/"
            operands = tuple(
                self._operand(node["Repl"][key], operator) for key in ("Orig", "With") if key in node["Repl"]
            )
        elif "Exp" in node:
            self.known(node["Exp"], "Op", "Word")
            operator = node["Exp"]["Op"]
            operands = (self._operand(node["Exp"]["Word"], operator),) if "Word" in node["Exp"] else ()
        elif "Names" in node:
            operator = node["Names"]
        name = node["Param"]
        if self.text[self.at(name) : self.at(name, "End")] != name["Value"]:
            raise Uncertain("an expansion that is not understood", self.at(node))
        prefix = "!" if node.get("Excl") else "#" if node.get("Length") else ""
        return Expansion(
            self.at(node),
            self.at(node, "End"),
            name["Value"],
            prefix,
            operator,
            index,
            slices,
            operands,
        )

    def _operand(self, node: Node, operator: str) -> Word:
        """The operand of an expansion, where the parser gives quotes a meaning, and `<(` none, against the shells."""
        word = self.word(node)
        plain = [part for part in word.parts if isinstance(part, Plain)]
        if self._quoted and operator in _QUOTED_OPERATORS:
            for part in word.parts:
                if isinstance(part, Quoted) and part.quoting in (Quoting.SINGLE, Quoting.ANSI):
                    raise Misread(part.start)
            self.quoted_operands += plain
        for part in plain:
            if not self._quoted and (process := _PROCESS.search(self.text, part.start, part.end + 1)):
                raise Uncertain("a process substitution inside an expansion", process.start())
        return word

    def _substitution(self, node: Node) -> Substitution:
        start, end = self.at(node), self.at(node, "End")
        quoting = Quoting.PROCESS if node["Type"] == "ProcSubst" else Quoting.SUBSTITUTION
        opening = 2
        if node.get("Backquotes"):
            quoting, opening = Quoting.BACKTICK, 1
            if not _BACKTICK.fullmatch(self.text, start, end):
                raise Uncertain("backticks are not understood", start)
            if "\\" in self.text[start:end]:
                return Substitution(start, end, quoting, ())
        outer, self._quoted = self._quoted, False
        with self.region(start + opening, end - 1):
            self.known(node, "Left", "Right", "Backquotes", "Stmts", "OpPos", "Rparen", "Op")
            statements = self.statements(node.get("Stmts"))
        self._quoted = outer
        return Substitution(start, end, quoting, statements)

    def _arithmetic_expansion(self, node: Node) -> Arithmetic:
        self.known(node, "Left", "Right", "Bracket", "X")
        found = self.arithmetic(node["X"])
        return Arithmetic(self.at(node), self.at(node, "End"), found.operands)

    def _pattern_list(self, node: Node) -> PatternList:
        self.known(node, "OpPos", "Op", "Pattern")
        span = self.at(node), self.at(node, "End")
        return PatternList(*span)


class Misread(Exception):
    """The character at `position` means something to the parser, and nothing to a shell.

    A single quote in the operand of an expansion between double quotes, or a backslash at the end of a comment.
    """

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


_PARTS: Mapping[str, Callable[[WordReader, Node], Part]] = {
    "ArithmExp": WordReader._arithmetic_expansion,
    "CmdSubst": WordReader._substitution,
    "DblQuoted": WordReader._double,
    "ExtGlob": WordReader._pattern_list,
    "Lit": WordReader._plain,
    "ParamExp": WordReader._expansion,
    "ProcSubst": WordReader._substitution,
    "SglQuoted": WordReader._single,
}
