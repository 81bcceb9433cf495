"""Runs the program in a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

from tests.support.git import clean_environ


def in_a_terminal(
    repository: Path,
    *arguments: str,
    columns: int = 100,
    lines: int = 30,
    interrupt_at: bytes | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """The exit code, and everything that the program writes to the terminal.

    With `interrupt_at` it gets SIGINT, once, as soon as the terminal shows that.
    """
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    command = [sys.executable, "-m", "prodigy_action", *arguments]
    env = clean_environ(**{"TERM": "xterm", **(environ or {})})
    for name in ("COLUMNS", "LINES"):
        env.pop(name, None)
    process = subprocess.Popen(command, cwd=repository, stdin=follower, stdout=follower, stderr=follower, env=env)
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        shown += chunk
        if interrupt_at is not None and interrupt_at in shown:
            interrupt_at = None
            process.send_signal(signal.SIGINT)
    os.close(leader)
    return process.wait(), shown.decode().replace("\r\n", "\n")
