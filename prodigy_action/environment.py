"""Ports and environments: what effects may ask of the world, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import Event
from prodigy_action.model.git import (
    CommitRequest,
    Conflicted,
    GitChanges,
    Landed,
    Submission,
    Worktree,
)


class Clock(Protocol):
    """Time as a parameter: UTC wall time for records, monotonic seconds for durations."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class LogSink(Protocol):
    """Takes the combined output of commands, chunk by chunk."""

    def write(self, chunk: bytes) -> None: ...


class EventLog(Protocol):
    """The structured log: past-tense events with fields."""

    def debug(self, event: str, **fields: object) -> None: ...
    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


class CommandRunner(Protocol):
    """Runs one program in a process session of its own and ends its whole tree."""

    async def run(self, spec: CommandSpec, log: LogSink) -> CompletedCommand: ...


class Journal(Protocol):
    """The append-only record of the run; `append` returns when the record is on disk."""

    async def append(self, event: Event) -> None: ...


class Worktrees(Protocol):
    """Isolated worktrees for agents. Raises `WorktreeUnusable` when only that agent is hurt."""

    async def create_worktree(self, name: str) -> Worktree: ...
    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        """Scan once and keep the agent's commits safe under the item's ref."""
        ...

    async def patch(self, worktree: Worktree) -> bytes:
        """Everything that differs from the base, committed or not, as a binary-safe patch; empty for nothing."""
        ...

    async def give_back(self, worktree: Worktree) -> None:
        """Bring the worktree back to its base, or replace it."""
        ...


class ParentBranch(Protocol):
    """The branch agents start from and merge into, in the object database."""

    @property
    def worktree(self) -> Worktree: ...
    async def land(self, item_id: int, submission: Submission, message: str) -> Landed | Conflicted: ...
    async def patch_of(self, submission: Submission) -> bytes:
        """The patch of an item's commits against the base, for an item that conflicted."""
        ...


class GitState(Protocol):
    """Questions and commits of one worktree, in any phase."""

    async def head(self, path: str) -> str: ...
    async def changes(self, path: str, since: str) -> GitChanges: ...
    async def commit(self, path: str, request: CommitRequest) -> str | None:
        """Commit what changed; None when nothing did."""
        ...


class WorktreeFiles(Protocol):
    """Files inside one worktree; a path that leaves it (also through a symlink) is a `ValueError`."""

    async def write(self, root: str, path: str, content: bytes, *, mode: int | None, create_dirs: bool) -> None: ...
    async def read(self, root: str, path: str) -> bytes: ...
    async def directory(self, root: str, path: str) -> str:
        """The absolute path of an existing directory inside the worktree."""
        ...


class Scratch(Protocol):
    """Files of our own, outside every worktree: scripts, values, item documents."""

    async def save(self, name: str, files: Mapping[str, bytes]) -> str:
        """Write `files` into a fresh private directory and return its path."""
        ...

    async def discard(self, directory: str) -> None: ...


class ResultFiles(Protocol):
    """The files of the results directory that grow while the run goes on; paths returned are relative to it."""

    def open_log(self, name: str) -> RunLog: ...
    async def write_patch(self, name: str, patch: bytes) -> str: ...


class RunLog(LogSink, Protocol):
    """One log file."""

    @property
    def path(self) -> str: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettings:
    """Plain configuration that every step sees."""

    agent_command: tuple[str, ...]
    interpreter: str
    environ: Mapping[str, str]
    """The environment of commands before a step's own `env`."""
    grace_seconds: float = 1.0


class StepPorts(Protocol):
    """What running a list of steps needs, in every phase."""

    @property
    def executor(self) -> CommandRunner: ...
    @property
    def git(self) -> GitState: ...
    @property
    def files(self) -> WorktreeFiles: ...
    @property
    def scratch(self) -> Scratch: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def step_settings(self) -> StepSettings: ...
