"""A command with all processes that it started: which processes belong to it, and how all of them are ended."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import anyio

from prodigy_action.adapters.processes.bounded_output import PipeReader
from prodigy_action.adapters.processes.companions import companions
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.process_table import (
    ProcessStatus,
    children_of,
    children_of_main_thread,
    name_of,
    status_of,
    token_of,
)

_KILL_SECONDS = 2.0
"""A process that is still alive after that long cannot be killed: it hangs in the kernel or belongs to another user."""
_LOOKS_AT_UNDECIDED = 3
_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.02

_running: dict[int, str] = {}
"""Leader to token of every running command. One table for the process, as the kernel has one table of its children."""


class Leader(Protocol):
    """The started command: `subprocess.Popen`, or a process that was started in another way."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def wait(self) -> int:
        """Its exit code, or the number of a signal as a negative number."""
        ...


class ProcessTree:
    """The leader of a session, its process group, and all descendants, also those that left the group or the session.

    Orphans become children of this process (see `become_subreaper`). An orphan belongs to the command whose session
    it is in or whose token it carries; an orphan with neither is ended as soon as no other command runs. Children in
    the session of this process itself were not started by commands and are never touched.

    The dead leader stays a zombie until the end, so that no other process can get its process id.
    """

    def __init__(self, leader: Leader, token: str, run_as: Credentials | None = None) -> None:
        self._leader = leader
        self._run_as = run_as
        self._undecided = False
        self._look_incomplete = False
        self._pidfd = _open_pidfd(leader.pid)
        _running[leader.pid] = token

    async def leader_ended(self, readers: Sequence[PipeReader], faulty: anyio.CancelScope) -> None:
        """Wait for the end of the command itself, without reaping it, and read its output meanwhile.

        When a sink fails, `faulty` is cancelled.
        """
        if self._pidfd is None:
            for pause in _pauses():
                if self._leader_is_dead():
                    break
                _read(readers, faulty)
                await anyio.sleep(pause)
        else:
            await self._ended_by_descriptor(self._pidfd, readers, faulty)
        _read(readers, faulty)  # what it wrote last

    async def _ended_by_descriptor(self, pidfd: int, readers: Sequence[PipeReader], faulty: anyio.CancelScope) -> None:
        # One descriptor that is readable when any of the three is: three tasks would cost more than the command.
        with select.epoll() as ready:
            ready.register(pidfd, select.EPOLLIN)
            for reader in readers:
                ready.register(reader.fileno(), select.EPOLLIN)
            while True:
                await anyio.wait_readable(ready.fileno())
                found = {descriptor for descriptor, _ in ready.poll(0)}
                if pidfd in found:
                    return
                _read([reader for reader in readers if reader.fileno() in found], faulty)
                for reader in readers:
                    if reader.at_end and reader.fileno() in found:
                        ready.unregister(reader.fileno())

    def is_gone(self) -> bool:
        """Whether the command and all that it started have ended, as far as one look shows; False when that is not
        certain.
        """
        return not self._members() and not self._look_incomplete and not self._undecided

    async def left_after(self, patience_seconds: float) -> tuple[str, ...]:
        """The names of the processes that are left after that time; empty when all have ended."""
        return () if await self._is_gone_within(patience_seconds) else self._names()

    def succeeded(self) -> bool:
        """Whether the command itself has ended with exit code 0; it is not reaped."""
        ended = os.waitid(os.P_PID, self._leader.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return ended is not None and ended.si_code == os.CLD_EXITED and ended.si_status == 0

    async def end(self, grace_seconds: float, *, patience_seconds: float = 0.0) -> tuple[str, ...]:
        """End the processes that are left: wait `patience_seconds`, send TERM, wait `grace_seconds`, send KILL.

        Returns the names of those that were ended. May be called again after a cancellation. No signal is sent when the
        command ended and left no process.
        """
        if await self._is_gone_within(patience_seconds):
            return ()
        names = self._names()
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # a stopped process cannot act on TERM
        if await self._is_gone_within(grace_seconds):
            return names
        with anyio.move_on_after(_KILL_SECONDS):
            while True:
                self._signal(signal.SIGKILL)
                if await self._is_gone_within(_LONGEST_PAUSE_SECONDS):
                    break
        return names

    def kill(self) -> None:
        """Kill what is left at once, without waiting."""
        self._signal(signal.SIGKILL)

    def close(self) -> int:
        """Reap the leader and return its exit status as `subprocess` has it; -9 when it could not be killed."""
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        if not self._leader_is_dead():
            return -signal.SIGKILL
        status = self._leader.wait()
        _running.pop(self._leader.pid, None)
        return status

    async def _is_gone_within(self, seconds: float) -> bool:
        deadline = anyio.current_time() + seconds
        pauses = enumerate(_pauses())
        while True:
            looks, pause = next(pauses)
            alive = bool(self._members()) or self._look_incomplete
            # During `exec` a process has no environment for a short time: only a second look is believed.
            if not alive and (looks >= _LOOKS_AT_UNDECIDED or not self._undecided):
                return True
            if alive and anyio.current_time() >= deadline:
                return False
            await anyio.sleep(pause)

    def _names(self) -> tuple[str, ...]:
        members = self._members()
        return tuple(sorted({name for pid in members if pid != self._leader.pid and (name := name_of(pid))}))

    def _leader_is_dead(self) -> bool:
        if self._leader.returncode is not None:
            return True
        return os.waitid(os.P_PID, self._leader.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _members(self) -> dict[int, ProcessStatus]:
        """The living processes of this tree, with their status.

        When a process ends during the look, its children become children of this process, whose children may have been
        listed already: such a look is incomplete, and does not prove that a process is absent.
        """
        self._look_incomplete = not self._leader_is_dead()
        members: dict[int, ProcessStatus] = {}
        unseen = list(self._orphans())
        if self._look_incomplete:
            unseen.append(self._leader.pid)
        while unseen:
            pid = unseen.pop()
            if pid in members:
                continue
            status = status_of(pid)
            if status is None or status.dead:
                self._look_incomplete = True
                continue
            members[pid] = status
            unseen.extend(children_of(pid))
        return members

    def _orphans(self) -> Iterator[int]:
        self._undecided = False
        own_session = os.getsid(0)
        for pid in children_of_main_thread() - _running.keys() - companions():
            status = status_of(pid)
            if status is None:
                self._look_incomplete = True
                continue
            if status.session == own_session:
                continue
            if status.dead:
                self._look_incomplete = True
                _reap(pid)
            elif self._owns(pid, status.session):
                yield pid

    def _owns(self, pid: int, session: int) -> bool:
        if session in _running:
            return session == self._leader.pid
        token = token_of(pid, self._run_as)
        others = {known for leader, known in _running.items() if leader != self._leader.pid}
        if token is None and others:
            self._undecided = True
            return False
        return token not in others

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the group at once, and to each process that left the group."""
        members = self._members()
        if any(status.group == self._leader.pid for status in members.values()):
            _send(os.killpg, self._leader.pid, number)
        for pid, status in members.items():
            if status.group != self._leader.pid:
                _send(os.kill, pid, number)


def _read(readers: Sequence[PipeReader], faulty: anyio.CancelScope) -> None:
    for reader in readers:
        if not reader.at_end:
            reader.read_available()
            if reader.fault is not None:
                faulty.cancel()


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _open_pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None  # a kernel before 5.3, or a container whose rules forbid the call: the caller polls instead


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass  # another thread reaped it first


def _send(kill: Callable[[int, int], None], target: int, number: signal.Signals) -> None:
    try:
        kill(target, number)
    except (ProcessLookupError, PermissionError):
        pass  # it ended by itself, or it changed its user: `end` does not wait for it without limit
