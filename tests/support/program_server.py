"""The server of `tests.support.starting`: a process that has imported the program, and forks for each start of it.

What the program does after its imports is the same as when an interpreter starts for it: arguments, directory,
environment and standard streams are those of the request. It runs as `python -m tests.support.program_server SOCKET`,
until that socket ends.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
import traceback
from importlib import import_module
from typing import NoReturn

import prodigy_action

REQUEST_BYTES = 1 << 20
LAZY = ("anyio._backends._asyncio", "git.cmd", "jinja2", "rich.live", "rich.progress", "rich.table", "structlog")
"""Packages that the program imports where it needs them."""


def main() -> None:
    """Import everything, then answer requests."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    for module in pkgutil.walk_packages(prodigy_action.__path__, "prodigy_action."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for name in LAZY:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes that answer
    gc.collect()
    gc.freeze()
    while True:
        request, files, _, _ = socket.recv_fds(requests, REQUEST_BYTES, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            answer(json.loads(request), files)
        for file in files:
            os.close(file)


def answer(request: dict[str, object], files: list[int]) -> NoReturn:
    """Run the program as a child, and write its process id, then its wait status to the last file of the request."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, reply = files
    child = os.fork()
    if child == 0:
        os.close(reply)
        if request["own_session"]:
            os.setsid()
        become(request, streams)
    for file in streams:
        os.close(file)
    os.write(reply, f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    os.write(reply, f"{status}\n".encode())
    os._exit(0)


def become(request: dict[str, object], streams: list[int]) -> NoReturn:
    """Be the program from here on."""
    arguments, directory, environ = request["arguments"], request["directory"], request["environ"]
    assert isinstance(arguments, list)
    assert isinstance(directory, str)
    assert isinstance(environ, dict)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environ)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - until the process ends
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.argv = ["prodigy-action", *arguments]
    code = 1
    try:
        runpy.run_module("prodigy_action.__main__", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        else:
            code = end.code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120  # the interpreter's own, when a stream cannot be flushed
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main()
