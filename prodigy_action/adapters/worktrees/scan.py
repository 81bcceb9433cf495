"""One scan of a worktree after an agent: every difference from the pristine state, down to single mode bits.

A fact line describes one path: its kind, and for a directory mode, user and group; for anything else values that change
with every change of it, even when its old times are set again. Lines are compared as text, so only differences take
time. The comparison of git is not enough: it sees only the executable bit of modes, no empty directories, and
times in whole seconds.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import field

from prodigy_action.adapters.files.temporary_pool import unlock_directories
from prodigy_action.adapters.git.calls import decode, inside
from prodigy_action.dataclass import dataclass
from prodigy_action.pure.text.cutting import cut_start

_DIRECTORY = rb"d %m %U %G\t%P\0"
_OTHER = rb"%y %i %C@ %s %m\t%P\0"
_WALKED_HERE = 400
"""For fewer paths than this, a scan in this process is faster than a new process."""
_KINDS = {stat.S_IFREG: b"f", stat.S_IFLNK: b"l", stat.S_IFIFO: b"p", stat.S_IFSOCK: b"s", stat.S_IFBLK: b"b"}


@dataclass(slots=True)
class Differences:
    """Paths that differ from the pristine state, parents before what lies below them."""

    changed: list[bytes] = field(default_factory=list)
    """Changed in any way, or missing."""
    extra: list[bytes] = field(default_factory=list)
    """Paths of any kind that the pristine state does not have."""
    lost: bool = False
    """Whether the worktree itself is gone."""


def read_facts(root: bytes, expected: int) -> bytes:
    """The facts of everything below `root` except `.git`, each ended by NUL. Raises `OSError` when something cannot be
    read.

    `expected` is about how many paths there are: a small tree is read here, a large one by a process of its own. Two
    readings of one state are mostly equal, byte by byte.
    """
    try:
        return _found(root) if expected > _WALKED_HERE else _joined(lines_at(root, b""))
    except OSError:
        # A directory that cannot be read, or a find(1) without -printf.
        unlock_directories(root)
        return _joined(lines_at(root, b""))


def fact_lines(facts: bytes) -> set[bytes]:
    """What `read_facts` read, as a set."""
    return set(facts.split(b"\0")[:-1])


def compare(issued: set[bytes], now: set[bytes]) -> Differences:
    """The differences between the pristine state `issued` and the state `now` of one worktree."""
    before = {path_of(line) for line in issued - now}
    after = {path_of(line) for line in now - issued}
    return Differences(changed=sorted(before), extra=sorted(after - before))


def path_of(line: bytes) -> bytes:
    """The path that a line describes."""
    return line.partition(b"\t")[2]


def directory_facts(line: bytes) -> tuple[int, int, int] | None:
    """Mode, user and group of a directory's line; None for any other."""
    facts = line.partition(b"\t")[0].split(b" ")
    return (int(facts[1], 8), int(facts[2]), int(facts[3])) if facts[0] == b"d" else None


def fact_line(root: bytes, path: bytes) -> bytes:
    """The line of one path. Raises `OSError` when it is absent."""
    return _line(os.lstat(inside(root, path)), path)


def lines_at(root: bytes, path: bytes) -> Iterator[bytes]:
    """The line of one path and of everything below it, but for `.git` of `root`. Raises `OSError` when it is absent."""
    yield (line := fact_line(root, path))
    left = [path] if directory_facts(line) is not None else []
    while left:
        directory = left.pop()
        with os.scandir(inside(root, directory)) as entries:
            listed = list(entries)
        for entry in listed:
            below = directory + b"/" + entry.name if directory else entry.name
            if below == b".git":
                continue
            if entry.is_dir(follow_symlinks=False):
                left.append(below)
            yield _line(entry.stat(follow_symlinks=False), below)


def _line(found: os.stat_result, path: bytes) -> bytes:
    mode = found.st_mode
    if stat.S_ISDIR(mode):
        return b"d %o %d %d\t%s" % (stat.S_IMODE(mode), found.st_uid, found.st_gid, path)
    seconds, nanoseconds = divmod(found.st_ctime_ns, 1_000_000_000)
    facts = (found.st_ino, seconds, nanoseconds, found.st_size, stat.S_IMODE(mode), path)
    return _KINDS.get(stat.S_IFMT(mode), b"c") + b" %d %d.%09d0 %d %o\t%s" % facts


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\0" for line in lines)


def _found(root: bytes) -> bytes:
    # From `.`: no character of a path can act as a pattern, and the kernel resolves short paths.
    command = (
        "find",
        ".",
        "-path",
        "./.git",
        "-prune",
        "-o",
        "-type",
        "d",
        "-printf",
        _DIRECTORY,
        "-o",
        "-printf",
        _OTHER,
    )
    environ = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, check=False, process_group=0)
    if done.returncode != 0:
        raise OSError(f"{decode(root)!r} cannot be searched: {cut_start(decode(done.stderr), 500)}")
    return done.stdout
