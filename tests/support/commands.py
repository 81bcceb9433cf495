"""Running real commands in tests, and looking for what they left behind."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from prodigy_action.model.command import CommandSpec


class CollectingLog:
    """A log sink that keeps everything."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, chunk: bytes) -> None:
        self.content += chunk


class CountingLog:
    """A log sink that keeps nothing but a count of bytes."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)


def shell(script: str, cwd: Path, **limits: Any) -> CommandSpec:
    return CommandSpec(argv=("bash", "-c", script), cwd=str(cwd), env={"PATH": os.environ["PATH"]}, **limits)


def unique_seconds() -> str:
    """A long sleeping time that no other process on this machine has among its arguments."""
    return f"1000.{uuid.uuid4().int % 10**15:015}"


def processes_with(argument: str) -> list[int]:
    """Living processes that have `argument` somewhere on their command line."""
    directories = [directory for directory in Path("/proc").iterdir() if directory.name.isdigit()]
    return [int(directory.name) for directory in directories if argument.encode() in _command_line(directory)]


def lives(pid: int) -> bool:
    """Whether a process has not ended; one that ended and that nobody has asked after yet has no command line."""
    return bool(_command_line(Path(f"/proc/{pid}")))


def opened(name: str) -> bool:
    """Whether any process has a file of that name open."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # closed or gone meanwhile
            if link.readlink().name == name:
                return True
    return False


def _command_line(directory: Path) -> bytes:
    try:
        return (directory / "cmdline").read_bytes()
    except OSError:  # no process, or gone meanwhile
        return b""
