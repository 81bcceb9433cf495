"""One look at a worktree after an agent: what differs from what was handed out, to the last mode bit."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from prodigy_action.adapters.carried_files import Fingerprint, fingerprint
from prodigy_action.adapters.git_calls import GitCalls, inside
from prodigy_action.adapters.git_objects import SUBMODULE
from prodigy_action.adapters.git_trees import Entry

DirectoryStat = tuple[int, int, int]
"""Mode, user and group of a directory."""


class ExpectedTree:
    """What a pristine worktree holds, shared by all slots: tracked entries, carried paths, and names by directory."""

    def __init__(self, listing: bytes, carried: tuple[bytes, ...]) -> None:
        """`listing` is the output of `ls-tree -r -z --full-tree`."""
        self.tracked: dict[bytes, Entry] = {}
        self.carried = carried
        self.names: dict[bytes, set[bytes]] = {b"": {b".git"}}
        for line in listing.split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, _, object_id = facts.split(b" ")
                self.tracked[path] = (mode, object_id.decode())
                self._expect(path)
                if mode == SUBMODULE:
                    self.names.setdefault(path, set())
        for path in carried:
            self._expect(path)
        self.directories = sorted(self.names)

    def _expect(self, path: bytes) -> None:
        directory, _, name = path.rpartition(b"/")
        if directory not in self.names:
            self.names[directory] = set()
            self._expect(directory)
        self.names[directory].add(name)


@dataclass(slots=True)
class Differences:
    """Paths that are not as they were handed out. `extra` may be directories, everything else is as its name says."""

    tracked: list[bytes] = field(default_factory=list)
    extra: list[bytes] = field(default_factory=list)
    carried: list[bytes] = field(default_factory=list)
    directories: list[bytes] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return bool(self.tracked or self.extra or self.carried or self.directories)


def directory_stat(path: bytes) -> DirectoryStat | None:
    """What a directory is compared by; None when there is no directory (a symlink to one is none)."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_mode, found.st_uid, found.st_gid) if stat.S_ISDIR(found.st_mode) else None


def scan(
    root: bytes,
    expected: ExpectedTree,
    directories: Mapping[bytes, DirectoryStat],
    carried: Mapping[bytes, Fingerprint | None],
    git: GitCalls,
    index: str,
) -> Differences:
    """Compare a worktree with what was handed out.

    `index` is a pristine index that no agent can reach: what it says about times and inodes decides which files are
    read at all. Directories are listed and compared by name, so ignore rules play no part. Raises `OSError` when
    something
    cannot be looked at.
    """
    found = Differences()
    lost: set[bytes] = set()
    # Parents come first: what lies below a directory that became a symlink belongs to somebody else.
    for directory in expected.directories:
        above = directory.rpartition(b"/")[0]
        path = inside(root, directory)
        now = None if directory and above in lost else directory_stat(path)
        if now != directories.get(directory):
            found.directories.append(directory)
        if now is None:
            lost.add(directory)
            continue
        if now[0] & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(path, stat.S_IMODE(now[0]) | stat.S_IRWXU)  # noqa: PTH101 - bytes
        prefix = directory + b"/" if directory else b""
        names = expected.names[directory]
        found.extra += [prefix + name for name in os.listdir(path) if name not in names]  # noqa: PTH208 - bytes
    if b"" not in lost:
        listed = git.run(
            "diff-files", "-z", "--name-only", "--ignore-submodules=all", environ={"GIT_INDEX_FILE": index}
        )
        found.tracked = [entry for entry in listed.split(b"\0") if entry]
    for path, was in carried.items():
        if path.rpartition(b"/")[0] in lost or fingerprint(inside(root, path)) != was:
            found.carried.append(path)
    return found
