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


def check_program(name: str, env: Mapping[str, str], cwd: str) -> None:
    """Check that `name` can be executed from `cwd` with the PATH of `env`; raises `ProgramUnusable`."""
    if not Path(cwd).is_dir():
        raise ProgramUnusable(f"{name}: the working directory does not exist: {cwd}", NOT_EXECUTABLE)
    found: Path | None = None
    for entry in [""] if "/" in name else env.get("PATH", os.defpath).split(":"):
        path = Path(cwd, entry, name)
        if path.is_file():
            if os.access(path, os.X_OK):
                return
            found = found or path
    if found is not None:
        raise ProgramUnusable(f"{name}: permission denied: {found} is not executable", NOT_EXECUTABLE)
    if "/" in name and Path(cwd, name).is_dir():
        raise ProgramUnusable(f"{name}: is a directory", NOT_EXECUTABLE)
    where = "no such file" if "/" in name else "command not found: no such program on PATH"
    raise ProgramUnusable(f"{name}: {where}", NOT_FOUND)


def missing_program(name: str, env: Mapping[str, str], cwd: str) -> str | None:
    """Why `name` cannot be executed, as `check_program` says; None when it can."""
    try:
        check_program(name, env, cwd)
    except ProgramUnusable as error:
        return str(error)
    return None
