"""The syntax tree of a shell text: what the parser found, with offsets into the text, and nothing else.

Texts are of one character per byte. Every node knows its span: `start` to `end`, exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from types import MappingProxyType
from typing import Literal, TypeAlias

from prodigy_action.dataclass import dataclass


class Quoting(Enum):
    """One layer around a piece of text, named for the syntax that makes it."""

    WORD = "word"
    DOUBLE = '"…"'
    SINGLE = "'…'"
    ANSI = "$'…'"
    TRANSLATED = '$"…"'
    SUBSTITUTION = "$(…)"
    BACKTICK = "`…`"
    PROCESS = "<(…)"
    EXPANSION = "${…}"
    ARITHMETIC = "$((…))"
    INDEX = "an index, offset or length"
    HEREDOC = "here-document"
    QUOTED_HEREDOC = "quoted here-document"
    COMMENT = "comment"


SUBSTITUTIONS = frozenset({Quoting.SUBSTITUTION, Quoting.BACKTICK, Quoting.PROCESS})
"""Layers that give what commands in them print."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plain(Span):
    """Text without quotes; a backslash in it quotes the next character."""


@dataclass(frozen=True, slots=True)
class PatternList(Span):
    """`@(…)` and its like; the parser does not look into it."""


@dataclass(frozen=True, slots=True)
class Quoted(Span):
    """Text in quotes; in single ones (`'…'`, `$'…'`) there are no parts."""

    quoting: Quoting
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion(Span):
    """`$name` or `${…}`: `prefix` is `!` or `#`, `operator` what follows the name and its index."""

    name: str
    prefix: str = ""
    operator: str = ""
    index: Arithmetic | None = None
    slices: tuple[Arithmetic, ...] = ()
    operands: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Substitution(Span):
    """Commands whose output (or, for `<(…)`, whose file) stands in the text."""

    quoting: Quoting
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic(Span):
    """An arithmetic expression: its operands in their order; the operators are what stands between them."""

    operands: tuple[Word, ...]


Part: TypeAlias = Plain | PatternList | Quoted | Expansion | Substitution | Arithmetic


@dataclass(frozen=True, slots=True)
class Word(Span):
    """A word: parts that stand side by side."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Element(Span):
    """One element of an array."""

    index: Arithmetic | None
    value: Word | None


@dataclass(frozen=True, slots=True)
class Assignment(Span):
    """`name=value`, `name[index]+=value` or `name=(…)`; `elements` is None when it is no array."""

    name: str
    appends: bool
    index: Arithmetic | None
    value: Word | None
    elements: tuple[Element, ...] | None


@dataclass(frozen=True, slots=True)
class Body(Span):
    """The text of a here-document, `end` behind the line that closes it; parts when it is not quoted."""

    closing_start: int
    delimiter: str
    quoted: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect(Span):
    """A redirection; `start` is its operator's, `descriptor` what stands before that."""

    operator: str
    descriptor: str
    target: Word
    body: Body | None


@dataclass(frozen=True, slots=True)
class Call(Span):
    """A simple command; `keyword` when its name is one that declares variables (`export`, `declare`)."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word | Assignment, ...]
    keyword: bool = False


@dataclass(frozen=True, slots=True)
class Let(Span):
    """`let`: each argument is an arithmetic expression."""

    arguments: tuple[Arithmetic, ...]


@dataclass(frozen=True, slots=True)
class Operator(Span):
    """An operator of a condition."""

    text: str


@dataclass(frozen=True, slots=True)
class Condition(Span):
    """`[[ … ]]`: words and operators in their order."""

    terms: tuple[Word | Operator, ...]


@dataclass(frozen=True, slots=True)
class Chain(Span):
    """Two statements joined by `|`, `|&`, `&&` or `||`."""

    operator: str
    left: Statement
    right: Statement


@dataclass(frozen=True, slots=True)
class Branch:
    """Statements that run together: a condition, a body, one case with its patterns."""

    statements: tuple[Statement, ...]
    patterns: tuple[Word, ...] = ()


CompoundKind: TypeAlias = Literal[
    "{", "(", "((", "if", "while", "until", "for", "select", "for ((", "case", "function", "time", "coproc"
]


@dataclass(frozen=True, slots=True)
class Compound(Span):
    """A command made of others.

    `name` is that of a loop's variable or of a function, and `name_end` is behind it; `words` are a loop's values
    or the subject of a `case`; `expressions` are arithmetic.
    """

    kind: CompoundKind
    branches: tuple[Branch, ...] = ()
    name: str = ""
    name_end: int = 0
    words: tuple[Word, ...] = ()
    expressions: tuple[Arithmetic, ...] = ()


Command: TypeAlias = Call | Let | Condition | Chain | Compound


@dataclass(frozen=True, slots=True)
class Statement(Span):
    """A command with its redirections; `command` is None when there are only those."""

    command: Command | None
    redirects: tuple[Redirect, ...] = ()
    negated: bool = False
    background: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no tree: a reason, and the offset at which it shows.

    `is_syntax`: a shell refuses the text, as far as the parser knows; else the text may be right, but its structure is
    not certain.
    """

    reason: str
    position: int
    is_syntax: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ParsedShell:
    """A text and its tree, or the problem that it has.

    `nested` are the trees of the literal codes that the text gives to other shells, by their text.
    """

    text: str
    statements: tuple[Statement, ...] = ()
    comments: tuple[Span, ...] = ()
    problem: Problem | None = None
    nested: Mapping[str, ParsedShell] = field(default_factory=lambda: MappingProxyType({}))


ParsedShells: TypeAlias = Mapping[str, ParsedShell]
"""Parsed texts by their text."""
