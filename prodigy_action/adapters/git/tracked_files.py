"""The files of a repository, before anything else is known of it."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls, decode
from prodigy_action.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedFiles:
    """The files below a directory that git tracks.

    `root` is the top directory of the working tree, `below` the directory relative to it ("" or ending with a slash).
    `names` are relative to the directory.
    """

    root: Path
    below: str
    names: tuple[str, ...]


def tracked_files(directory: Path) -> TrackedFiles | None:
    """The tracked files below a directory, in a repository with or without commits; None outside of a working tree.

    Raises `GitFailed` when git cannot be started or cannot read the index.
    """
    root = top_of(directory)
    if root is None:
        return None
    git = GitCalls(cwd=str(directory), own_settings_only=False)
    names = decode(git.run("ls-files", "-z")).split("\0")
    return TrackedFiles(root=root, below=git.text("rev-parse", "--show-prefix"), names=tuple(filter(None, names)))


def top_of(directory: Path) -> Path | None:
    """The top directory of the working tree that a directory is in; None outside of one.

    Raises `GitFailed` when git cannot be started.
    """
    git = GitCalls(cwd=str(directory), own_settings_only=False)
    found = git.attempt("rev-parse", "--path-format=absolute", "--show-toplevel")
    return Path(decode(found.stdout).removesuffix("\n")) if found.status == 0 else None
