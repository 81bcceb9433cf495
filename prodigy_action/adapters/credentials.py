"""Whom a child process runs as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


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
