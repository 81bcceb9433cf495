"""The files that a commit tracks, and whether a file of a worktree still is as its commit has it."""

from __future__ import annotations

import os
import stat

from prodigy_action.adapters.git.calls import GitCalls
from prodigy_action.adapters.git.objects import EXECUTABLE, SUBMODULE, SYMLINK, blob_id
from prodigy_action.adapters.git.tree_rows import Entry

_LARGE_FILE = 1 << 24


def tracked_files(git: GitCalls, commit: str) -> dict[bytes, Entry]:
    """Mode and object id of everything in a commit, by path. Raises `GitFailed` when it cannot be listed."""
    return entries_of(git.run("ls-tree", "-r", "-z", "--full-tree", commit))


def entries_of(listing: bytes) -> dict[bytes, Entry]:
    """Mode and object id by path of what `ls-tree -r -z` prints, with sizes (`-l`) or without."""
    entries: dict[bytes, Entry] = {}
    for line in listing.split(b"\0")[:-1]:
        facts, _, path = line.partition(b"\t")
        mode, _, object_id, *_ = facts.split()
        entries[path] = (mode, object_id.decode())
    return entries


def holds(path: bytes, entry: Entry | None) -> bool:
    """Whether the file at `path` is what the entry says (None: nothing is there); False for a file that is too large to
    be read, or that cannot be read.
    """
    try:
        found = os.lstat(path)
    except OSError:
        return entry is None
    if entry is None:
        return False
    mode, object_id = entry
    if mode == SUBMODULE:
        return stat.S_ISDIR(found.st_mode)
    if mode == SYMLINK:
        return stat.S_ISLNK(found.st_mode) and blob_id(os.readlink(path)) == object_id  # noqa: PTH115 - bytes
    if not stat.S_ISREG(found.st_mode) or bool(found.st_mode & stat.S_IXUSR) != (mode == EXECUTABLE):
        return False
    if found.st_size > _LARGE_FILE:
        return False
    try:
        with open(path, "rb") as file:
            return blob_id(file.read()) == object_id
    except OSError:
        return False  # the agent made a file unreadable
