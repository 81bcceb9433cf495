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
from functools import cache
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from tests.support.git import clean_environ

AFRESH = os.environ.get("PRODIGY_ACTION_TESTS_START") == "afresh"
LARGEST_REQUEST = 100_000
"""Bytes; a larger request starts an interpreter."""
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "COVERAGE_", "TZ", "GIT_PYTHON_")


def start(
    arguments: Sequence[str], directory: Path, environ: Mapping[str, str], timeout: float, *, afresh: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `prodigy-action ARGUMENTS` to its end, in a directory and an environment.

    `afresh` starts an interpreter, for tests of what the kernel shows of one.
    Raises `subprocess.TimeoutExpired` when the run takes longer than `timeout` seconds.
    """
    command = [sys.executable, "-m", "prodigy_action", *arguments]
    request = json.dumps({"arguments": arguments, "directory": str(directory), "environ": dict(environ)}).encode()
    if afresh or AFRESH or len(request) > LARGEST_REQUEST or _read_at_start(environ) != _read_at_start(clean_environ()):
        return subprocess.run(
            command, cwd=directory, capture_output=True, text=True, env=environ, timeout=timeout, check=False
        )
    out, err, code = _start_forked(request, timeout, command)
    return subprocess.CompletedProcess(command, code, _text(out), _text(err))


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
