"""What a hostile item tries: run by an item's step, it reports which of twelve attempts succeeded.

Stands alone, because it runs inside a worktree: `python3 canaries.py TARGETS REPORT`.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARK = b"CANARY"
_PTRACE_SEIZE, _PTRACE_DETACH = 0x4206, 17


def readable(path: str) -> bool:
    """Whether a file that holds something confidential can be read."""
    try:
        with open(path, "rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def writable(path: str) -> bool:
    """Whether a file can be opened for writing; nothing is written."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    except OSError:
        return False
    return True


def changeable(directory: str) -> bool:
    """Whether files can be made in a directory."""
    path = f"{directory}/made-by-an-item"
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        Path(path).unlink()
    except OSError:
        return False
    return True


def others() -> list[int]:
    """The processes of the run itself: PID 1 and everything that has the program's name."""
    found = [1]
    for path in map(str, Path("/proc").glob("[0-9]*/cmdline")):
        try:
            with open(path, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if b"prodigy_action" in words:
            found.append(int(path.split("/")[2]))
    return found


def in_environ(name: str) -> bool:
    """Whether a marked variable is in this process's environment or in that of any process."""
    wanted = name.encode() + b"=" + MARK
    if any(f"{key}={value}".encode().startswith(wanted) for key, value in os.environ.items()):
        return True
    for path in map(str, Path("/proc").glob("[0-9]*/environ")):
        try:
            with open(path, "rb") as file:
                if wanted in file.read():
                    return True
        except OSError:
            continue
    return False


def connects(path: str) -> bool:
    """Whether a socket takes connections from here."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True


def traceable(pid: int) -> bool:
    """Whether a process can be traced; it is not stopped."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_SEIZE, pid, 0, 0) != 0:
        return False
    libc.ptrace(_PTRACE_DETACH, pid, 0, 0)
    return True


def dumpable(pid: int) -> bool:
    """Whether a process's memory can be read, or the process be made to dump it."""
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY))
    except OSError:
        pass
    else:
        return True
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def attempts(targets: dict[str, Any]) -> dict[str, Callable[[], bool]]:
    """Name → attempt; `targets` are the paths that a well-informed attacker knows."""
    with open(".git") as file:
        git_dir = file.read().removeprefix("gitdir: ").strip()
    pool = git_dir.split("/slots/")[0]
    here = os.path.realpath(".")
    siblings = [path for path in (f"{here.rpartition('-')[0]}-{n}" for n in range(4)) if path != here]
    results = targets["results"]
    return {
        "inputs": lambda: in_environ("INPUT_CANARY"),
        "runtime token": lambda: in_environ("ACTIONS_RUNTIME_TOKEN"),
        "file commands": lambda: any(map(writable, targets["file_commands"])),
        "docker socket": lambda: connects(targets["socket"]),
        "private repository": lambda: any(
            readable(f"{pool}/{name}/config") or changeable(f"{pool}/{name}")
            for name in ("repository", "parent-repository")
        ),
        "other worktrees": lambda: any(readable(f"{path}/secret.txt") or changeable(path) for path in siblings),
        "journal": lambda: readable(f"{results}/events.jsonl") or writable(f"{results}/events.jsonl"),
        "host git configuration": lambda: any(
            readable(path) or writable(path) for path in (*targets["git_configuration"], "/etc/shadow")
        ),
        "persisted credentials": lambda: readable(f"{targets['workspace']}/.git/config"),
        "core dumps": lambda: any(map(dumpable, others())),
        "tracing": lambda: any(map(traceable, others())),
        "results": lambda: (
            changeable(results) or readable(f"{results}/logs/inputs.log") or changeable(f"{results}/logs")
        ),
    }


if __name__ == "__main__":
    with open(sys.argv[1]) as given:
        found = {name: attempt() for name, attempt in attempts(json.load(given)).items()}
    with open(sys.argv[2], "w") as report:
        json.dump(found, report)
