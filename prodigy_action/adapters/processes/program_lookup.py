"""Find a program as a shell would, so that the message about a missing one is clear."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

NOT_FOUND = 127
NOT_EXECUTABLE = 126


class ProgramUnusable(Exception):
    """The program cannot be started; `exit_code` is the one that a shell would give."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def find_program(name: str, env: Mapping[str, str], cwd: str) -> str:
    """The path of the file that `name` means in `cwd`, with the PATH of `env`; raises `ProgramUnusable`."""
    if not os.access(f"{cwd}/", os.X_OK):
        problem = "cannot be entered" if Path(cwd).is_dir() else "does not exist"
        raise ProgramUnusable(f"{name}: the working directory {problem}: {cwd}", NOT_EXECUTABLE)
    found: str | None = None
    for entry in [""] if "/" in name else env.get("PATH", os.defpath).split(":"):
        # For every command, hence as few calls and objects as possible.
        path = f"{entry}/{name}" if entry.startswith("/") else os.path.join(cwd, entry, name)  # noqa: PTH118
        if os.access(path, os.F_OK) and os.path.isfile(path):  # noqa: PTH113
            if os.access(path, os.X_OK):
                return path
            found = found or path
    if found is not None:
        raise ProgramUnusable(f"{name}: permission denied: {found} is not executable", NOT_EXECUTABLE)
    if "/" in name and Path(cwd, name).is_dir():
        raise ProgramUnusable(f"{name}: is a directory", NOT_EXECUTABLE)
    where = "no such file" if "/" in name else "command not found: no such program on PATH"
    raise ProgramUnusable(f"{name}: {where}", NOT_FOUND)


def starts_by_itself(path: str) -> bool:
    """Whether the kernel executes this file: a binary, or a script that names its interpreter. Others need a shell."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(4).startswith((b"\x7fELF", b"#!"))
    except OSError:
        return False


def missing_program(name: str, env: Mapping[str, str], cwd: str) -> str | None:
    """Why `name` cannot be executed, as `find_program` says; None when it can."""
    try:
        find_program(name, env, cwd)
    except ProgramUnusable as error:
        return str(error)
    return None
