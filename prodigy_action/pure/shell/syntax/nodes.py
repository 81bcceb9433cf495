"""What the shell scanner finds: commands, words, and in which quotes each placeholder stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Quoting(Enum):
    """One layer around a placeholder, named for the syntax that makes it."""

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


class Role(Enum):
    """What a word is for."""

    COMMAND = "command"
    ARGUMENT = "argument"
    ASSIGNMENT = "assignment"
    REDIRECT = "redirect"
    LOOP = "loop"
    SUBJECT = "case subject"
    PATTERN = "case pattern"
    ELEMENT = "array element"
    CONDITION = "condition"


@dataclass(slots=True, eq=False)
class ShellWord:
    """One word of the text, `start` to `end`; `operator` is the redirection's for a target.

    `arithmetic`: an operand that the shell evaluates; `dynamic`: something in it is expanded; `valued`: a
    placeholder stands in it. `stands_for`: the worst command that an expansion in the place of a name may give.
    """

    start: int
    role: Role
    end: int = 0
    text: str = ""
    operator: str = ""
    arithmetic: bool = False
    dynamic: bool = False
    valued: bool = False
    stands_for: str = ""

    @property
    def literal(self) -> str | None:
        """The word without its quotes when no expansion stands in it."""
        return None if self.dynamic else unquoted(self.text)


@dataclass(slots=True, eq=False)
class ShellCommand:
    """A simple command: its words in order, assignments before the name apart, redirections apart.

    `piped_from` is where the statement starts whose output it reads, if it reads a pipe.
    """

    words: list[ShellWord] = field(default_factory=list)
    assignments: list[ShellWord] = field(default_factory=list)
    redirects: list[ShellWord] = field(default_factory=list)
    piped_from: int | None = None
    last_in_pipeline: bool = True
    reads_heredoc: bool = False
    split_by_dash: bool = False


@dataclass(slots=True, eq=False)
class Heredoc:
    """A here-document: where its delimiter and its body stand, and whether it was quoted."""

    delimiter: str
    operator_start: int
    delimiter_start: int
    delimiter_end: int
    quoted: bool
    strips_tabs: bool
    command: ShellCommand
    shares_line: bool = False
    body_start: int = 0
    body_end: int = 0
    closing_start: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One layer around a placeholder and what it belongs to; `variable` is what a `${name:=…}` assigns."""

    quoting: Quoting
    command: ShellCommand | None = None
    word: ShellWord | None = None
    heredoc: Heredoc | None = None
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Where one placeholder stands: the layers around it from the outside in; `escaped` when a `\\` hides its `$`."""

    start: int
    end: int
    frames: tuple[Frame, ...]
    escaped: bool = False

    @property
    def chain(self) -> tuple[Quoting, ...]:
        """The kinds of the layers, from the outside in."""
        return tuple(frame.quoting for frame in self.frames)


def unquoted(text: str) -> str:
    """A static word's text after quote removal; escapes inside `$'…'` are not decoded."""
    if not any(mark in text for mark in "'\"\\"):
        return text
    result: list[str] = []
    position = 0
    quote = ""
    while position < len(text):
        character = text[position]
        if quote == "'":
            if character == "'":
                quote = ""
            else:
                result.append(character)
        elif character == "\\" and position + 1 < len(text):
            position += 1
            result.append(text[position])
        elif character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
            if result and result[-1] == "$":
                result.pop()
        else:
            result.append(character)
        position += 1
    return "".join(result)
