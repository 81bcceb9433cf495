"""Whom a child process runs as."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, TypedDict

PATH_ALONE: Final = {"PATH": os.environ.get("PATH", os.defpath)}
"""The environment of programs that need nothing else."""


class PopenIdentity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that say whom a process runs as; none of them leaves it as it is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Numeric ids of a user and a group; without supplementary groups. Only root can start processes as another."""

    user: int
    group: int


def popen_identity(credentials: Credentials | None) -> PopenIdentity:
    """For a child that runs as `credentials`, or as this process does."""
    if credentials is None:
        return {}
    return {"user": credentials.user, "group": credentials.group, "extra_groups": []}


def becoming(credentials: Credentials) -> tuple[str, ...]:
    """The beginning of a command that becomes somebody and gains no rights from there.

    Whoever starts many processes starts them so: Python forks where it has to change the user itself, which takes
    several times as long as starting a program.
    """
    return (
        "setpriv",
        f"--reuid={credentials.user}",
        f"--regid={credentials.group}",
        "--clear-groups",
        "--no-new-privs",
        "--",
    )
