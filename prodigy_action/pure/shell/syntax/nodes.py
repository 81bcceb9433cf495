"""What a reader of the tree notes: commands, their words, and in which quotes each placeholder stands."""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.syntax.tree import Body, Quoting


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
    placeholder stands in it. `value` is the word without its quotes. `stands_for`: the worst command that an
    expansion in the place of a name may give. `data`: the name of a shell that is certainly not run. `elements` are the
    words of an array.
    """

    start: int
    end: int
    text: str
    role: Role
    value: str | None
    operator: str = ""
    arithmetic: bool = False
    dynamic: bool = False
    valued: bool = False
    stands_for: str = ""
    data: bool = False
    elements: list[ShellWord] = field(default_factory=list)

    @property
    def literal(self) -> str | None:
        """The word without its quotes when no expansion stands in it."""
        return None if self.dynamic else self.value


@dataclass(slots=True, eq=False)
class ShellCommand:
    """A simple command: its words in order, assignments before the name apart, redirections apart.

    `piped_from` is where the statement starts whose output it reads, if it reads a pipe; `start` is where its own
    statement starts, and `frames` are the layers around it.
    """

    words: list[ShellWord] = field(default_factory=list)
    assignments: list[ShellWord] = field(default_factory=list)
    redirects: list[ShellWord] = field(default_factory=list)
    piped_from: int | None = None
    last_in_pipeline: bool = True
    reads_heredoc: bool = False
    split_by_dash: bool = False
    start: int = 0
    frames: tuple[Frame, ...] = ()


@dataclass(slots=True, eq=False)
class Heredoc:
    """A here-document: where its operator and its delimiter stand, and its text."""

    operator_start: int
    delimiter_start: int
    delimiter_end: int
    strips_tabs: bool
    body: Body
    command: ShellCommand
    shares_line: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One layer around a placeholder and what it belongs to; `variable` is what a `${name:=…}` assigns."""

    quoting: Quoting
    command: ShellCommand | None = None
    word: ShellWord | None = None
    heredoc: Heredoc | None = None
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where one placeholder stands: the layers around it from the outside in; `escaped` when a `\\` hides its `$`."""

    start: int
    end: int
    frames: tuple[Frame, ...]
    escaped: bool = False

    @property
    def chain(self) -> tuple[Quoting, ...]:
        """The kinds of the layers, from the outside in."""
        return tuple(frame.quoting for frame in self.frames)
