"""Whether the worktrees of a run fit on the disk, before anything is written to it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from prodigy_action.adapters.git.calls import GitCalls, inside
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput

_BLOCK = 4_096
_INODE = 256


@dataclass(slots=True)
class TreeListing:
    """What git says of the files of a commit, read once for all that need it."""

    commit: str
    rows: bytes
    """As `ls-tree -r -l -z` prints them."""

    def take(self, commit: str) -> bytes | None:
        """The rows if they are those of `commit`; they are then forgotten."""
        rows = self.rows if commit == self.commit else b""
        self.rows = self.rows if not rows else b""
        return rows or None


def list_tree(git: GitCalls, commit: str) -> TreeListing:
    """The files of a commit with their sizes. Blocks. Raises `GitFailed`."""
    return TreeListing(commit, git.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit))


def tree_bytes(rows: bytes) -> int:
    """About how much disk a checkout of the listed files takes, in bytes."""
    return sum(map(_on_disk, _sizes(rows.split(b"\0"))))


def _sizes(listed: Iterable[bytes]) -> Iterable[int]:
    for line in listed:
        size = line.partition(b"\t")[0].rpartition(b" ")[2]
        yield int(size) if size.isdigit() else 0


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK + _INODE


def files_bytes(root: bytes, paths: Iterable[bytes]) -> int:
    """The same for files below `root`; missing files count 0 bytes."""
    total = 0
    for path in paths:
        with suppress(FileNotFoundError):
            total += _on_disk(os.lstat(inside(root, path)).st_size)
    return total


def free_bytes(directory: str) -> int:
    """The free bytes of the file system of `directory`."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def check_room(directory: str, each: int, worktrees: int, *, at_least: int = 1) -> None:
    """Raise `InvalidInput` when that many further worktrees of `each` bytes do not fit on the file system of
    `directory`.

    A run needs `at_least` that many; if not even those fit, the hint does not suggest a smaller `max-parallel`.
    """
    free = free_bytes(directory)
    if each * worktrees <= free:
        return
    fitting = free // each
    less = f"lower max-parallel to at most {fitting}, or " if at_least <= fitting < worktrees else ""
    needed = f"{worktrees} worktrees of {_shown(each)} each" if worktrees > 1 else f"a worktree of {_shown(each)}"
    raise InvalidInput(
        [
            Diagnostic(
                f"{needed} do not fit the disk: {_shown(free)} are free in {directory!r}",
                source="disk",
                hint=f"{less}free space there, or set TMPDIR to a directory on a larger disk",
                code="disk",
            )
        ]
    )


def _shown(count: int) -> str:
    size, units = float(count), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"
