"""Ports to commands, time, records, logs and the program's own files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import Event
from prodigy_action.pure.items.map_input import MapInput, ReadItems
from prodigy_action.pure.shell.syntax.tree import ParsedShells


class ItemReader(Protocol):
    """Reads the map's input. Raises `InvalidInput` for items that cannot be read."""

    async def read(self, worktree: str, wanted: MapInput) -> ReadItems:
        """The items of the file that the input names (in the worktree, then in the checkout), of the files that its
        globs match, or those that its command prints.
        """
        ...


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


class ShellParser(Protocol):
    """Parses shell texts (see `standing_text`), each once. Raises `InvalidInput` when the parser cannot be used."""

    def parse_now(self, texts: Iterable[str]) -> ParsedShells:
        """The trees of `texts`; blocks, so it is for what is done before anything runs."""
        ...

    async def parse(self, texts: Iterable[str]) -> ParsedShells: ...


class Journal(Protocol):
    """The append-only record of the run; `append` returns when the record is on disk."""

    async def append(self, event: Event) -> None: ...
    async def append_all(self, events: Sequence[Event]) -> None:
        """Append at least one record; all of them share one write."""
        ...


class Scratch(Protocol):
    """The program's own files, outside of every worktree: scripts, values, item documents."""

    def reserve(self) -> str:
        """The absolute path of a directory that nobody else uses until it is discarded; `save` makes it."""
        ...

    async def save(self, directory: str, files: Mapping[str, bytes], *, worktree: str) -> None:
        """Write `files`, and nothing else, into the reserved directory.

        Only this process and the commands of `worktree` can read them.
        """
        ...

    async def discard(self, directory: str) -> None: ...


class ResultFiles(Protocol):
    """The files of the results directory that grow during the run; returned paths are relative to it."""

    def open_log(self, name: str, *, late: bool = False) -> RunLog:
        """The log file `name`; with `late` it is made at the first output, or by `keep`."""
        ...

    async def write_patch(self, name: str, patch: bytes) -> str: ...
    async def remove_patch(self, name: str) -> None:
        """Remove a patch that an earlier execution left, if there is one."""
        ...


class RunLog(LogSink, Protocol):
    """One log file."""

    @property
    def path(self) -> str | None:
        """Relative to the results directory; None while there is no file (see `open_log`)."""
        ...

    @property
    def tail(self) -> str:
        """The last part of what was written, about as long as the tail of a command."""
        ...

    def announce(self, text: bytes) -> None:
        """Write a line about what follows."""
        ...

    def keep(self) -> None:
        """Make the file, if there is none yet."""
        ...

    def close(self) -> None: ...
