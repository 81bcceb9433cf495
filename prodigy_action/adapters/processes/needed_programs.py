"""The programs that a run itself calls, whatever its steps do: looked up once, before anything happens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from typing import Final

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput


@dataclass(frozen=True, slots=True)
class NeededProgram:
    """A program, what a run needs it for, and the package that has it."""

    name: str
    """A name on PATH, or an absolute path."""
    purpose: str
    package: str


ALWAYS: Final = (
    NeededProgram("git", "make worktrees and land commits", "git"),
    NeededProgram("/bin/sh", "end commands when the run is killed", "dash or another shell"),
    NeededProgram("find", "check worktrees", "findutils"),
    NeededProgram("chmod", "remove deep directories", "coreutils"),
    NeededProgram("rm", "remove deep directories", "coreutils"),
)
ARCHIVES: Final = (NeededProgram("tar", "keep the files that setup leaves", "tar"),)
USERS: Final = (
    NeededProgram("setpriv", "run commands as other users (run-as: owner)", "util-linux"),
    NeededProgram("/bin/cat", "find the processes of other users (run-as: owner)", "coreutils"),
)


def check_programs(environ: Mapping[str, str], *, archives: bool, users: bool) -> None:
    """Raise `InvalidInput` that names every program that is missing, each with its purpose.

    `archives`: the run may keep files that setup leaves; `users`: its commands run as users of their own.
    """
    problems = [_problem(each) for each in _needed(archives, users) if not _is_there(each.name, environ)]
    if problems:
        raise InvalidInput(problems)


def _needed(archives: bool, users: bool) -> Iterator[NeededProgram]:
    yield from ALWAYS
    yield from ARCHIVES if archives else ()
    yield from USERS if users else ()


def _is_there(name: str, environ: Mapping[str, str]) -> bool:
    return shutil.which(name, path=environ.get("PATH")) is not None


def _problem(missing: NeededProgram) -> Diagnostic:
    where = "is not there or cannot be executed" if missing.name.startswith("/") else "is not on PATH"
    message = f"{missing.name} {where}: a run needs it to {missing.purpose}"
    return Diagnostic(message, source="programs", hint=f"install {missing.package}", code="missing-program")
