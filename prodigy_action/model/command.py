"""One program to run, and the result of running it."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.dataclass import dataclass

TAIL_BYTES = 4096
"""How much of the end of the combined output a `CompletedCommand` keeps."""

CAPTURE_BYTES = 16 * 2**20
"""How much of each output stream is kept unless a command sets another limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A program, where it runs, and its limits.

    `argv` is the program and its arguments; undecodable bytes are surrogate escapes. `env` is the complete environment.
    `grace_seconds` is the time between TERM and KILL. `capture_limit` bounds, in bytes, how much of standard output and
    of standard error is kept each: the beginning is kept, up to the limit.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    timeout_seconds: float | None = None
    grace_seconds: float = 1.0
    capture_limit: int = CAPTURE_BYTES
    keep_running: bool = False
    """Whether processes that a successful program leaves behind go on until the runner ends them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedCommand:
    """How a program ended.

    `exit_code` is 128 + n for a death by signal n, 127 for a program that was not found and 126 for one that could
    not be started, as in a shell. `tail` is the end of the combined output, about `TAIL_BYTES` long, with
    undecodable bytes replaced; for a program that could not be started it is the reason. `timed_out` is true when the
    limit passed, whatever the exit code of the program is.
    """

    exit_code: int
    signal: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    tail: str = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    seconds: float = 0.0
    timed_out: bool = False
    ended: tuple[str, ...] = ()
    """Names of the processes that the program left behind, and that were ended."""
    kept: tuple[str, ...] = ()
    """Names of those that go on (`keep_running`)."""
