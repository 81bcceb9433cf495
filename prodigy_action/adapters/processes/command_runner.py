"""Running commands: each in a session of its own, with limited output; at its end the whole process tree is ended."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import field
from functools import partial
from itertools import count
from types import TracebackType

import anyio
import anyio.lowlevel

from prodigy_action.adapters.processes.accounts import Accounts
from prodigy_action.adapters.processes.bounded_output import CapturedHead, CombinedTail, PipeReader
from prodigy_action.adapters.processes.credentials import Credentials, becoming, popen_identity
from prodigy_action.adapters.processes.kept_processes import KeptProcesses
from prodigy_action.adapters.processes.process_table import TOKEN_VARIABLE, become_subreaper
from prodigy_action.adapters.processes.process_tree import Leader, ProcessTree
from prodigy_action.adapters.processes.program_lookup import (
    NOT_EXECUTABLE,
    ProgramUnusable,
    find_program,
    starts_by_itself,
)
from prodigy_action.adapters.processes.starter import Starter, close_to_commands, open_starter
from prodigy_action.adapters.processes.watchdog import Watchdog
from prodigy_action.dataclass import dataclass
from prodigy_action.environment import LogSink
from prodigy_action.model.command import TAIL_BYTES, CommandSpec, CompletedCommand
from prodigy_action.pure.text.reasons import reason_of

_CANCEL_GRACE_SECONDS = 1.0
"""Between TERM and KILL during a cancellation, whatever grace period the command has."""
_PATIENCE_SECONDS = 0.2
"""Time for processes that a command leaves behind to end by themselves, such as the `tee` of `exec > >(tee log)`."""
_DRAIN_SECONDS = 1.0
"""Time for the pipes to end after the last process that can write to them has ended."""


class SubprocessRunner:
    """Runs programs from the main thread, on any event loop that anyio supports; close it after the last program.

    Commands, and the processes that they start, die with this process, even when it is killed. The kernel ends a
    command when the thread that started it ends, hence the main thread. Nothing here depends on SIGCHLD or on the child
    watcher of an event loop: process descriptors show when a process ends. With `accounts`, a command runs as the user
    of its worktree, otherwise as `run_as`, or as the user of this process. Of `most` commands at a time, more wait.
    """

    def __init__(
        self, *, run_as: Credentials | None = None, accounts: Accounts | None = None, most: int | None = None
    ) -> None:
        self._run_as = run_as
        self._most = most
        self._places: anyio.CapacityLimiter | None = None
        self._accounts = accounts
        self._run_token = uuid.uuid4().hex
        self._numbers = count(1)
        self._launcher: tuple[str, ...] | None = None
        self._starter: Starter | None = None
        self._watchdog: Watchdog | None = None
        self._kept = KeptProcesses()

    def __enter__(self) -> SubprocessRunner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the resources that the first command needed. Commands may still be run; they acquire them again."""
        self._kept.kill()
        if self._watchdog is not None:
            self._watchdog.close()
            self._watchdog = None
        if self._starter is not None:
            self._starter.close()
            self._starter = None

    async def end_kept(self) -> None:
        """End the processes that `keep_running` kept."""
        await self._kept.end()

    async def run(self, spec: CommandSpec, log: LogSink) -> CompletedCommand:
        """Run one program to its end, then end every process that it left behind, or keep them (`keep_running`).

        A program that cannot be started is a `CompletedCommand` too. An error of the log sink, and a cancellation, are
        raised after the tree has ended.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("commands are started from the main thread alone: they die with the starting thread")
        await anyio.lowlevel.checkpoint_if_cancelled()
        if self._most is None:
            return await self._run(spec, log)
        if self._places is None:
            self._places = anyio.CapacityLimiter(self._most)
        async with _place_of(self._places):
            return await self._run(spec, log)

    async def _run(self, spec: CommandSpec, log: LogSink) -> CompletedCommand:
        started = time.monotonic()
        stdout, stderr = CapturedHead(spec.capture_limit), CapturedHead(spec.capture_limit)
        tail = CombinedTail(TAIL_BYTES)
        try:
            tree, out, err = self._start(spec)
        except ProgramUnusable as error:
            message = f"{error}\n".encode(errors="replace")
            log.write(message)
            return CompletedCommand(exit_code=error.exit_code, stderr=message, tail=message.decode())
        readers = (PipeReader(out, stdout, tail, log=log), PipeReader(err, stderr, tail, log=log))
        waiting = anyio.CancelScope(deadline=_deadline(spec.timeout_seconds))
        left, keeps = _NOTHING_LEFT, False
        try:
            left = await _see_through(tree, readers, waiting, spec)
            keeps = bool(left.kept)
        finally:
            for reader in readers:
                reader.close()
            status = 0 if keeps else tree.close()
        if keeps:
            self._kept.keep(tree, spec.grace_seconds, left.pipes)
        for reader in readers:
            if reader.fault is not None:
                raise reader.fault
        return CompletedCommand(
            exit_code=status if status >= 0 else 128 - status,
            signal=-status if status < 0 else None,
            stdout=stdout.content(),
            stderr=stderr.content(),
            tail=tail.text(),
            stdout_truncated=stdout.truncated,
            stderr_truncated=stderr.truncated,
            seconds=time.monotonic() - started,
            timed_out=waiting.cancelled_caught,
            ended=left.ended,
            kept=left.kept,
        )

    def _start(self, spec: CommandSpec) -> tuple[ProcessTree, int, int]:
        """The started tree and the read ends of its standard output and error."""
        program = find_program(spec.argv[0], spec.env, spec.cwd)
        if self._watchdog is None:
            self._prepare()
        token = f"{self._run_token}.{next(self._numbers)}"
        run_as, environ = self._identity(spec)
        out, out_writer = os.pipe()
        err, err_writer = os.pipe()
        try:
            if run_as is not None and os.geteuid() == 0:
                for writer in (out_writer, err_writer):  # so that the command may open /dev/stdout and /dev/stderr
                    os.fchown(writer, run_as.user, run_as.group)
            leader = self._started(program, spec, {**environ, TOKEN_VARIABLE: token}, run_as, out_writer, err_writer)
        except (OSError, ValueError) as error:
            os.close(out)
            os.close(err)
            raise ProgramUnusable(f"{spec.argv[0]}: cannot be started: {reason_of(error)}", NOT_EXECUTABLE) from error
        finally:
            os.close(out_writer)
            os.close(err_writer)
        return ProcessTree(leader, token, run_as), out, err

    def _prepare(self) -> None:
        """Acquire the resources of commands when the first one starts: a process that runs no command should not pay
        for them.
        """
        become_subreaper()
        close_to_commands()
        self._starter = open_starter()
        self._watchdog = Watchdog(self._run_token, self._run_as, self._accounts)

    def _started(
        self,
        program: str,
        spec: CommandSpec,
        env: Mapping[str, str],
        run_as: Credentials | None,
        stdout: int,
        stderr: int,
    ) -> Leader:
        """The started command; it dies with this process, as far as this machine can do that."""
        if run_as is None and self._starter is not None and starts_by_itself(program):
            return self._starter.start(program, spec.argv, cwd=spec.cwd, env=env, stdout=stdout, stderr=stderr)
        return subprocess.Popen(
            self._command_line(spec.argv, run_as),
            cwd=spec.cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            **popen_identity(None if self._accounts is not None else run_as),
        )

    def _command_line(self, argv: tuple[str, ...], run_as: Credentials | None) -> list[str]:
        if self._launcher is None:
            self._launcher = find_launcher()
        if self._accounts is None or run_as is None:
            return [*self._launcher, *argv]
        return [*becoming(run_as, *(("--pdeathsig", "KILL") if self._launcher else ())), *argv]

    def _identity(self, spec: CommandSpec) -> tuple[Credentials | None, Mapping[str, str]]:
        """The user that a command runs as, and its environment."""
        if self._accounts is None:
            return self._run_as, spec.env
        try:
            user = self._accounts.owner_of(spec.cwd)
        except OSError as error:
            raise ProgramUnusable(f"{spec.argv[0]}: cannot be started: {reason_of(error)}", NOT_EXECUTABLE) from error
        return user, self._accounts.environment_of(user, spec.env)


@asynccontextmanager
async def _place_of(places: anyio.CapacityLimiter) -> AsyncIterator[None]:
    """A place of its own for each command: a task may run several at a time."""
    borrower = object()
    try:
        places.acquire_on_behalf_of_nowait(borrower)  # the other call takes a turn of the event loop in any case
    except anyio.WouldBlock:
        await places.acquire_on_behalf_of(borrower)
    try:
        yield
    finally:
        places.release_on_behalf_of(borrower)


@dataclass(frozen=True, slots=True)
class _Left:
    """What a command left: the names of ended and of kept processes, and the pipes that these may write to."""

    ended: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    pipes: list[int] = field(default_factory=list)


_NOTHING_LEFT = _Left()


async def _see_through(
    tree: ProcessTree, readers: tuple[PipeReader, PipeReader], waiting: anyio.CancelScope, spec: CommandSpec
) -> _Left:
    """Wait for the command for as long as `waiting` allows, then end its tree or keep it."""
    try:
        with waiting:
            await tree.leader_ended(readers, waiting)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await _while_reading(tree, readers, waiting, partial(_end, tree, _CANCEL_GRACE_SECONDS))
        raise
    if waiting.cancelled_caught:
        return await _while_reading(tree, readers, waiting, partial(_end, tree, spec.grace_seconds))
    if not spec.keep_running and all(reader.at_end for reader in readers) and tree.is_gone():
        return _NOTHING_LEFT
    return await _while_reading(tree, readers, waiting, partial(_end_or_keep, tree, readers, spec))


async def _while_reading(
    tree: ProcessTree,
    readers: tuple[PipeReader, PipeReader],
    faulty: anyio.CancelScope,
    ending: Callable[[], Awaitable[_Left]],
) -> _Left:
    """What `ending` returns; what the processes write until then is read, since who cannot write cannot end cleanly."""
    left = _NOTHING_LEFT
    async with anyio.create_task_group() as tasks:
        for reader in readers:
            tasks.start_soon(reader.run, faulty)
        try:
            left = await ending()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await tree.end(_CANCEL_GRACE_SECONDS)
            raise
        finally:
            with anyio.move_on_after(0.0 if left.kept else _DRAIN_SECONDS, shield=True):
                for reader in readers:
                    await reader.closed()
            for reader in readers:
                reader.stop()
    return left


async def _end(tree: ProcessTree, grace_seconds: float) -> _Left:
    await tree.end(grace_seconds)
    return _NOTHING_LEFT


async def _end_or_keep(tree: ProcessTree, readers: tuple[PipeReader, PipeReader], spec: CommandSpec) -> _Left:
    kept = await tree.left_after(_PATIENCE_SECONDS) if spec.keep_running and tree.succeeded() else ()
    if kept:
        return _Left(kept=kept, pipes=[pipe for reader in readers if (pipe := reader.duplicate()) is not None])
    return _Left(ended=await tree.end(spec.grace_seconds, patience_seconds=_PATIENCE_SECONDS))


def find_launcher() -> tuple[str, ...]:
    """A program that makes a command die with this process and then becomes that command; empty when there is no such
    program.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    launcher = (setpriv, "--pdeathsig", "KILL", "--")
    # The `setpriv` of busybox does not know the option.
    probe = subprocess.run([*launcher, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return launcher if probe.returncode == 0 else ()


def _deadline(timeout_seconds: float | None) -> float:
    return float("inf") if timeout_seconds is None else anyio.current_time() + timeout_seconds
