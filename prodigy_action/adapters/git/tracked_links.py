"""Symbolic links that a repository tracks."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.files.links import links_on_the_way
from prodigy_action.adapters.git.calls import GitCalls

_LINK = b"120000 "


def tracked_link_on_the_way(checkout: Path, path: Path) -> Path | None:
    """The first link that leads to the absolute `path` and that a repository in the checkout tracks, relative to the
    checkout.

    `checkout` is a path that has been resolved. Blocks. Raises `GitFailed` when git cannot be started.
    """
    for link in links_on_the_way(path):
        if link.is_relative_to(checkout) and _is_tracked_link(link):
            return link.relative_to(checkout)
    return None


def _is_tracked_link(path: Path) -> bool:
    asked = ("--literal-pathspecs", "ls-files", "--stage", "-z", "--", path.name)
    listed = GitCalls(cwd=str(path.parent)).attempt(*asked)
    return listed.status == 0 and listed.stdout.startswith(_LINK)
