"""Files that git would read for ever: FIFOs, devices and huge files in the places of its own small files."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from prodigy_action.adapters.git.calls import decode
from prodigy_action.adapters.processes.credentials import PATH_ALONE
from prodigy_action.errors import WorktreeUnusable

_LARGEST = 100 << 20
"""Bytes of a file that lists paths or settings; git itself ignores larger attributes."""
_LARGEST_INDEX = 1 << 31
_OF_REPOSITORY = (
    "HEAD", "config", "config.worktree", "packed-refs", "shallow", "commondir", "gitdir", "info/exclude",
    "info/attributes", "info/grafts", "info/sparse-checkout", "objects/info/alternates", "index",
)  # fmt: skip
_IN_WORKTREE = (".gitignore", ".gitattributes", ".gitmodules", ".mailmap")


def refuse_odd_repository(git_dir: str) -> None:
    """Raise `WorktreeUnusable` when a file that git reads in the repository is none that it can read to its end."""
    names = [*_OF_REPOSITORY]
    head = Path(git_dir, "HEAD")
    if _problem(head, _LARGEST) is None and head.is_file():
        with head.open("rb") as file:
            target = file.read(_LARGEST_REFERENCE).removeprefix(b"ref: ").strip()
        if target.startswith(b"refs/") and b".." not in target and b"\0" not in target:
            names.append(decode(target))
    for name in names:
        problem = _problem(Path(git_dir, name), _LARGEST_INDEX if name == "index" else _LARGEST)
        if problem is not None:
            raise WorktreeUnusable(f"{name!r} of the worktree's repository {problem}")


def refuse_odd_worktree(root: str) -> None:
    """Raise `WorktreeUnusable` when a file of the worktree that git reads by its name cannot be read to its end."""
    named = [word for name in _IN_WORKTREE for word in ("-o", "-name", name)][1:]
    odd = ("!", "-type", "f", "!", "-type", "l", "!", "-type", "d", "-o", "-type", "f", "-size", f"+{_LARGEST}c")
    command = ["find", root, "-name", ".git", "-prune", "-o", "(", *named, ")", "(", *odd, ")", "-print0", "-quit"]
    done = subprocess.run(
        command, env=PATH_ALONE, stdin=subprocess.DEVNULL, capture_output=True, check=False, process_group=0
    )
    found = decode(done.stdout).rstrip("\0")
    if found:
        problem = _problem(Path(found), _LARGEST) or "is no regular file"
        raise WorktreeUnusable(f"{os.path.relpath(found, root)!r} {problem}: git would read it without an end")


_LARGEST_REFERENCE = 4096


def _problem(path: Path, largest: int) -> str | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(found.st_mode):
        return f"has {found.st_size} bytes" if found.st_size > largest else None
    return None if stat.S_ISDIR(found.st_mode) else "is no regular file"
