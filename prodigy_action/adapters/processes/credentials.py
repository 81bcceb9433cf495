"""The user that a child process runs as."""

from __future__ import annotations

import os
from typing import Final, TypedDict

from prodigy_action.dataclass import dataclass

PATH_ALONE: Final = {"PATH": os.environ.get("PATH", os.defpath)}
"""The environment of programs that need only PATH."""


class PopenIdentity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that set the user of a process; an empty value leaves it unchanged."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Numeric ids of a user and a group, without supplementary groups. Only root can start processes as others."""

    user: int
    group: int


def popen_identity(credentials: Credentials | None) -> PopenIdentity:
    """The arguments for a child that runs as `credentials`, or as the user of this process."""
    if credentials is None:
        return {}
    return {"user": credentials.user, "group": credentials.group, "extra_groups": []}


def becoming(credentials: Credentials, *options: str) -> tuple[str, ...]:
    """The beginning of a command line that changes to this user and cannot gain rights again; `options` are further
    ones of setpriv.

    Use it to start many processes: when Python changes the user itself, it has to fork, which takes several times as
    long as starting a program.
    """
    return (
        "setpriv",
        f"--reuid={credentials.user}",
        f"--regid={credentials.group}",
        "--clear-groups",
        "--no-new-privs",
        *options,
        "--",
    )
