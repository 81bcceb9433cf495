"""Where the parent worktree is: on the disk, or given away as the worktree of an item because nothing ran in it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls


class ParentPlace:
    """The directory of the parent worktree, and who may have it. Safe in several threads; every method blocks.

    A run with one item at a time needs one checkout, not two, while no step has run in the parent worktree: the
    worktree is renamed, and made again when something needs it.
    """

    def __init__(self, git: GitCalls, path: str, git_dir: str) -> None:
        """`git` calls on the parent worktree `path`, which belongs to the repository `git_dir`."""
        self._git = git
        self._path = path
        self._git_dir = git_dir
        self._lock = threading.Lock()
        self._offered = ""
        self._given = False
        self._checked_out = ""

    @property
    def is_given(self) -> bool:
        """Whether an item has the worktree, so that there is none at its path."""
        return self._given

    def offer(self, commit: str) -> None:
        """Allow that it is given away, once: it is as git checked `commit` out, and nothing ran in it since."""
        with self._lock:
            self._offered = commit

    def give(self, commit: str, path: str, index: str) -> bool:
        """Make it, checked out at `commit`, the directory `path`, which is empty, and its index the file `index`.

        False when it was not offered. Raises `OSError`.
        """
        with self._lock:
            if not self._offered or self._offered != commit:
                return False
            self._offered, self._given, self._checked_out = "", True, commit
            Path(self._git_dir, "index").rename(index)
            Path(self._path, ".git").unlink()
            os.rename(self._path, path)  # noqa: PTH104 - it replaces the empty directory
            return True

    def make_again(self, commit: str | None = None) -> None:
        """Make it again if it was given away, checked out at `commit`, or else as it was.

        Raises `GitFailed`, `OSError`.
        """
        with self._lock:
            if not self._given:
                return
            Path(self._path).mkdir(exist_ok=True)
            link_worktree(self._path, self._git_dir)
            self._git.run("read-tree", "--reset", "-u", commit or self._checked_out)
            self._given = False


def link_worktree(work_tree: str, git_dir: str) -> None:
    """Make `work_tree` the working tree of `git_dir` for every git that runs in it."""
    Path(work_tree, ".git").write_text(f"gitdir: {git_dir}\n")
