"""Starts the program, thousands of times in a run of the tests, without its imports each time.

Half of the seconds of a short run are imports. Here a server of the test process has them, and forks for each start
(`tests.support.program_server`). `PRODIGY_ACTION_TESTS_START=afresh` starts an interpreter each time, and so does a
start whose environment differs in what an interpreter reads when it starts.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from select import select
from selectors import EVENT_READ, DefaultSelector
from typing import IO, Protocol

from tests.support.git import clean_environ

AFRESH = os.environ.get("PRODIGY_ACTION_TESTS_START") == "afresh"
LARGEST_REQUEST = 100_000
"""Bytes; a larger request starts an interpreter."""
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "COVERAGE_", "TZ", "GIT_PYTHON_")


class Running(Protocol):
    """A program that was started: what the tests use of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...


def start(
    arguments: Sequence[str], directory: Path, environ: Mapping[str, str], timeout: float, *, afresh: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `prodigy-action ARGUMENTS` to its end, in a directory and an environment.

    `afresh` starts an interpreter, for tests of what the kernel shows of one.
    Raises `subprocess.TimeoutExpired` when the run takes longer than `timeout` seconds.
    """
    command = [sys.executable, "-m", "prodigy_action", *arguments]
    request = _request(arguments, directory, environ)
    if afresh or not _can_fork(request, environ):
        return subprocess.run(
            command, cwd=directory, capture_output=True, text=True, env=environ, timeout=timeout, check=False
        )
    out, err, code = _start_forked(request, timeout, command)
    return subprocess.CompletedProcess(command, code, _text(out), _text(err))


def begin(
    arguments: Sequence[str],
    directory: Path,
    environ: Mapping[str, str],
    *,
    out: IO[bytes] | None = None,
    err: IO[bytes] | None = None,
    own_session: bool = False,
) -> Running:
    """Start `prodigy-action ARGUMENTS` without waiting for it.

    It reads nothing; its outputs go to the two files, or nowhere.
    """
    request = _request(arguments, directory, environ, own_session=own_session)
    if not _can_fork(request, environ):
        return subprocess.Popen(
            [sys.executable, "-m", "prodigy_action", *arguments],
            cwd=directory,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if out is None else out,
            stderr=subprocess.DEVNULL if err is None else err,
            start_new_session=own_session,
        )
    with Path(os.devnull).open("r+b") as nothing:
        return Forked(request, [(file or nothing).fileno() for file in (None, out, err)])


class Forked:
    """A start of the program by the server. Its parent is a process of the server, which reports its end."""

    def __init__(self, request: bytes, streams: Sequence[int]) -> None:
        self._reply, reply = os.pipe()
        try:
            socket.send_fds(_server(), [request], [*streams, reply])
        finally:
            os.close(reply)
        self._received = b""
        self._code: int | None = None
        while self._received.count(b"\n") == 0:
            self._read()
        self.pid = int(self._received.split()[0])

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Raises `subprocess.TimeoutExpired`."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("prodigy-action", timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        """The exit code, negative for a signal; None after so many seconds without an end."""
        if self._code is None and select([self._reply], [], [], timeout)[0]:
            while self._received.count(b"\n") < 2:
                self._read()
            os.close(self._reply)
            self._code = os.waitstatus_to_exitcode(int(self._received.split()[1]))
        return self._code

    def _read(self) -> None:
        part = os.read(self._reply, 100)
        assert part, "the server of the tests has ended"
        self._received += part


def _request(
    arguments: Sequence[str], directory: Path, environ: Mapping[str, str], *, own_session: bool = False
) -> bytes:
    request = {
        "arguments": arguments,
        "directory": str(directory),
        "environ": dict(environ),
        "own_session": own_session,
    }
    return json.dumps(request).encode()


def _can_fork(request: bytes, environ: Mapping[str, str]) -> bool:
    """Whether the server can answer this request."""
    usual = _read_at_start(environ) == _read_at_start(clean_environ())
    return usual and not AFRESH and len(request) <= LARGEST_REQUEST


def _read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(_READ_AT_START)}


def _text(output: bytes) -> str:
    return output.decode().replace("\r\n", "\n").replace("\r", "\n")  # as the text mode of subprocess does


def _start_forked(request: bytes, timeout: float, command: list[str]) -> tuple[bytes, bytes, int]:
    """Both outputs and the exit code; negative when a signal ended the program."""
    deadline = time.monotonic() + timeout
    pipes = [os.pipe() for _ in range(3)]
    try:
        socket.send_fds(_server(), [request], [0, *(write for _, write in pipes[1:]), pipes[0][1]])
    finally:
        for _, write in pipes:
            os.close(write)
    received = {read: bytearray() for read, _ in pipes}
    try:
        with DefaultSelector() as selector:
            for read in received:
                selector.register(read, EVENT_READ)
            while selector.get_map():
                ready = selector.select(max(0, deadline - time.monotonic()))
                if not ready:
                    _kill(received[pipes[0][0]])
                    raise subprocess.TimeoutExpired(command, timeout)
                for key, _ in ready:
                    part = os.read(key.fd, 1 << 16)
                    received[key.fd] += part
                    if not part:
                        selector.unregister(key.fd)
    finally:
        for read, _ in pipes:
            os.close(read)
    reply, out, err = (bytes(received[read]) for read, _ in pipes)
    return out, err, os.waitstatus_to_exitcode(int(reply.split()[1]))


def _kill(reply: bytearray) -> None:
    if numbers := reply.split():
        os.kill(int(numbers[0]), signal.SIGKILL)


@cache
def _server() -> socket.socket:
    """The socket of the server of this process, which is started for it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST_REQUEST)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.program_server", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env=clean_environ(),
        )
    atexit.register(server.wait)
    atexit.register(ours.close)
    return ours
