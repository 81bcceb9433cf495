"""Symbolic links that name a directory of the run, which is gone after it: made relative, or found."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache

from prodigy_action.adapters.git.calls import GitCalls, encode, inside
from prodigy_action.adapters.git.objects import SYMLINK, GitObjects
from prodigy_action.adapters.git.tree_rows import Entry
from prodigy_action.pure.git_objects.link_targets import leads_into, relative_target


def make_links_relative(git: GitCalls, links: Sequence[bytes]) -> None:
    """Stage those of the staged `links` that name a file of the worktree by its whole path again, relative to them.

    The worktree gets the same links. Raises `GitFailed`.
    """
    top = encode(git.work_tree or git.cwd)
    staged: dict[bytes, str] = {}
    for path in links:
        target = relative_target(path, os.readlink(inside(top, path)), top)  # noqa: PTH115 - bytes
        if target is not None:
            staged[path] = git.text("hash-object", "-w", "--stdin", stdin=target)
    if not staged:
        return
    entries = b"".join(b"120000 %s\t%s\0" % (made.encode(), path) for path, made in staged.items())
    git.run("update-index", "-z", "--index-info", stdin=entries)
    git.run("checkout-index", "-f", "-z", "--stdin", stdin=b"".join(path + b"\0" for path in staged))


def links_that_lead_nowhere(
    objects: GitObjects, changes: Mapping[bytes, Entry | None], run_directory: str
) -> tuple[bytes, ...]:
    """Those of the changed symbolic links that name something below the directory of the run or the one for temporary
    files, in their order. Raises `GitFailed` when a link cannot be read.
    """
    gone = (encode(run_directory), *_temporary_directories())
    return tuple(
        sorted(
            path
            for path, entry in changes.items()
            if entry is not None and entry[0] == SYMLINK and leads_into(objects.read(entry[1])[1], gone)
        )
    )


@cache
def _temporary_directories() -> tuple[bytes, ...]:
    named = {tempfile.gettempdir(), os.path.realpath(tempfile.gettempdir()), "/tmp", "/var/tmp"}  # noqa: S108 - compared
    return tuple(sorted(map(encode, named)))
