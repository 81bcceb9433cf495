"""What we wrote into a workspace belongs to the workspace's owner, or the host's later steps cannot touch it."""

from __future__ import annotations

import os
from pathlib import Path


def give_to_owner(directory: Path, workspace: Path) -> int:
    """Give root's files in `directory`, it included, to the owner of `workspace`; the number of files handed over.

    Directories between the two that root owns are handed over too. A `directory` outside the workspace goes by its own
    owner. Links are handed over themselves and never followed: every file is named in an open directory. Does nothing
    when not run as root, or when root is the owner.
    """
    if os.geteuid() != 0:
        return 0
    inside = directory.is_relative_to(workspace)
    top = workspace if inside else directory
    try:
        descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY | (0 if inside else os.O_NOFOLLOW))
    except OSError:
        return 0  # nothing there to hand over
    given = 0
    try:
        status = os.fstat(descriptor)
        owner = (status.st_uid, status.st_gid)
        if owner[0] == 0:
            return 0
        for name in directory.relative_to(top).parts:
            given += _give(name, descriptor, owner)
            deeper = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        for _, directories, others, opened in os.fwalk(".", dir_fd=descriptor):
            given += sum(_give(name, opened, owner) for name in (*directories, *others))
    except (FileNotFoundError, NotADirectoryError):
        return given  # somebody else removed or replaced it meanwhile: then it is not ours any more
    finally:
        os.close(descriptor)
    return given


def _give(name: str, directory: int, owner: tuple[int, int]) -> bool:
    try:
        if os.stat(name, dir_fd=directory, follow_symlinks=False).st_uid != 0:
            return False
        os.chown(name, *owner, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
