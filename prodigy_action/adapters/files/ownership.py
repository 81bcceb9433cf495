"""Giving files that root wrote into a workspace to the owner of the workspace, so that later steps of the job can use
them.
"""

from __future__ import annotations

import os
from pathlib import Path


def give_to_owner(directory: Path, workspace: Path) -> int:
    """Change the owner of root's files in `directory`, and of the directory, to the owner of `workspace`; returns their
    number.

    Directories between the two that root owns are changed too. A `directory` outside the workspace keeps the owner of
    its parent. Symbolic links are changed themselves and never followed: every file is named relative to an open
    directory. Does nothing when not run as root, or when root is the owner.
    """
    if os.geteuid() != 0:
        return 0
    inside = directory.is_relative_to(workspace)
    top = workspace if inside else directory
    try:
        descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY | (0 if inside else os.O_NOFOLLOW))
    except OSError:
        return 0  # there is no such directory
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
        return given  # it was removed or replaced meanwhile, so it is not one of our files any more
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
