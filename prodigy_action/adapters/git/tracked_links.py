"""Symbolic links that a repository tracks."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls

_LINK = b"120000 "


def is_tracked_link(path: Path) -> bool:
    """Whether the repository of the directory that holds `path` tracks a link of that name. Blocks.

    Raises `GitFailed` when git cannot be started.
    """
    asked = ("--literal-pathspecs", "ls-files", "--stage", "-z", "--", path.name)
    listed = GitCalls(cwd=str(path.parent)).attempt(*asked)
    return listed.status == 0 and listed.stdout.startswith(_LINK)
