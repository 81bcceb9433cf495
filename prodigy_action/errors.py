"""All expected errors; each family has one exit code."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar, Literal

from prodigy_action.dataclass import dataclass


class ExitCode(IntEnum):
    """The exit codes of the program; see *Exit codes* in the README."""

    SUCCESS = 0
    FAILURE = 1
    INVALID = 2
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Position:
    """A span of a text file: lines and columns count from 1, the end column is exclusive."""

    line: int
    column: int
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of an input: what is wrong, where, and what to write instead.

    `source` is the file's name (or `input max-parallel`, `--param`), `source_line` the text of the line at
    `position`, without its line end. `code` is a stable kebab-case word for tools.
    """

    message: str
    source: str
    position: Position | None = None
    source_line: str | None = None
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"
    code: str = "invalid"

    @property
    def place(self) -> str:
        """Where the problem is: `source:line:column`, or the source alone."""
        where = self.position
        return self.source if where is None else f"{self.source}:{where.line}:{where.column}"


class ProdigyError(Exception):
    """Base of every expected failure; any other exception is a bug of this program."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILURE


class InvalidInput(ProdigyError):
    """The inputs, the workflow or the items are wrong: nothing was run."""

    exit_code = ExitCode.INVALID

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(d.message for d in diagnostics) or "invalid input")
        self.diagnostics = tuple(diagnostics)


class ExpressionError(ProdigyError):
    """A filter, sort, JSONPath, regex, `when` or `${…}` text is wrong.

    `start` and `end` are offsets in characters into the expression, so that a caret can point into it.
    """

    exit_code = ExitCode.INVALID

    def __init__(self, message: str, *, start: int = 0, end: int | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = start + 1 if end is None else end
        self.hint = hint


class StepFailed(ProdigyError):
    """A step failed and no handler repaired it."""

    def __init__(
        self,
        message: str,
        *,
        step: str,
        exit_code: int | None = None,
        signal: int | None = None,
        output_tail: str = "",
        stdout: str = "",
        kind: str = "step_failed",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.step = step
        self.step_exit_code = exit_code
        self.signal = signal
        self.output_tail = output_tail
        self.stdout = stdout
        self.kind = kind


class StepTimedOut(StepFailed):
    """A time limit of a step, an agent or the run passed; the process tree was ended."""

    def __init__(self, message: str, *, step: str, output_tail: str = "") -> None:
        super().__init__(message, step=step, output_tail=output_tail, kind="timed_out")


class PhaseFailed(ProdigyError):
    """Setup, reduce or the merge steps failed; nothing is published."""

    def __init__(self, message: str, *, phase: str) -> None:
        super().__init__(message)
        self.message = message
        self.phase = phase


class WorktreeChanged(PhaseFailed):
    """Items changed the worktree that they share (`map.isolation: none`); nothing of the map counts."""


class GitFailed(ProdigyError):
    """A git call of the program failed; `command` is its argument list, `stderr` the end of what it printed."""

    def __init__(self, message: str, *, command: Sequence[str] = (), stderr: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.command = tuple(command)
        self.stderr = stderr


class PublishFailed(ProdigyError):
    """The result is not where it belongs; the run is unfinished, and a resume publishes the result."""


class WorktreeUnusable(GitFailed):
    """An agent's worktree could not be made or inspected; only that item fails."""


class MalformedCommit(WorktreeUnusable):
    """A step made commits that are incomplete, or that git would refuse; they land nowhere."""


class SecretInCommit(MalformedCommit):
    """A step made commits that hold a secret of the run; they land nowhere."""


class NestedRepository(MalformedCommit):
    """A step committed a repository inside the worktree by its commit, which nobody else has."""


class ResultsUnwritable(ProdigyError):
    """The results directory cannot be written."""


class JournalUnwritable(ResultsUnwritable):
    """The journal cannot be written: later events could not be accounted for."""


class JournalCorrupt(ProdigyError):
    """A record in the middle of the journal does not match its checksum."""

    exit_code = ExitCode.INVALID


class ReportRefused(ProdigyError):
    """What another job of the run has reported cannot be used; the message completes "… was refused: "."""


class AccountingBroken(ProdigyError):
    """Planned items and item states do not add up: a bug of this program."""

    exit_code = ExitCode.INTERNAL
