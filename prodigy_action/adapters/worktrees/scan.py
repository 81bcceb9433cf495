"""One look at a worktree after an agent: what differs from what was handed out, to the last mode bit.

A fact line tells of one path: kind, and for a directory mode, user and group; for anything else what changes whenever
it does, also when a file is put back with its old times. Lines are compared as they are, so only what differs costs
time here. git's own comparison does not do: it sees neither modes beyond the executable bit nor empty directories, and
counts times in seconds.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

from prodigy_action.adapters.files.temporary_pool import unlock_directories
from prodigy_action.adapters.git.calls import decode, inside

_DIRECTORY = rb"d %m %U %G\t%P\0"
_OTHER = rb"%y %i %C@ %s %m\t%P\0"
_WALKED_HERE = 400
"""Up to so many paths a process costs more than looking."""
_KINDS = {stat.S_IFREG: b"f", stat.S_IFLNK: b"l", stat.S_IFIFO: b"p", stat.S_IFSOCK: b"s", stat.S_IFBLK: b"b"}


@dataclass(slots=True)
class Differences:
    """Paths that are not as they were handed out, parents before what lies below them."""

    changed: list[bytes] = field(default_factory=list)
    """Changed in any way, or missing."""
    extra: list[bytes] = field(default_factory=list)
    """Not handed out, of any kind."""
    lost: bool = False
    """Whether the worktree itself is gone."""


def fact_lines(root: bytes, expected: int) -> set[bytes]:
    """The facts of everything below `root` but its `.git`. Raises `OSError` when something cannot be looked at.

    `expected` is about how many paths there are: few are looked at here, many by a process of its own.
    """
    try:
        return _found_lines(root) if expected > _WALKED_HERE else set(_walked_lines(root))
    except OSError:
        # A protected directory, or a find(1) without -printf.
        unlock_directories(root)
        return set(_walked_lines(root))


def compare(issued: set[bytes], now: set[bytes]) -> Differences:
    """What differs between two looks at one worktree."""
    before = {path_of(line) for line in issued - now}
    after = {path_of(line) for line in now - issued}
    return Differences(changed=sorted(before), extra=sorted(after - before))


def path_of(line: bytes) -> bytes:
    """The path that a line is about."""
    return line.partition(b"\t")[2]


def directory_facts(line: bytes) -> tuple[int, int, int] | None:
    """Mode, user and group of a directory's line; None for any other."""
    facts = line.partition(b"\t")[0].split(b" ")
    return (int(facts[1], 8), int(facts[2]), int(facts[3])) if facts[0] == b"d" else None


def fact_line(root: bytes, path: bytes) -> bytes:
    """The line of one path. Raises `OSError` when it is absent."""
    return _line(os.lstat(inside(root, path)), path)


def _line(found: os.stat_result, path: bytes) -> bytes:
    mode = found.st_mode
    if stat.S_ISDIR(mode):
        return b"d %o %d %d\t%s" % (stat.S_IMODE(mode), found.st_uid, found.st_gid, path)
    seconds, nanoseconds = divmod(found.st_ctime_ns, 1_000_000_000)
    facts = (found.st_ino, seconds, nanoseconds, found.st_size, stat.S_IMODE(mode), path)
    return _KINDS.get(stat.S_IFMT(mode), b"c") + b" %d %d.%09d0 %d %o\t%s" % facts


def _found_lines(root: bytes) -> set[bytes]:
    marker = inside(root, b".git")
    # No pattern may be hidden in the name of a temporary directory.
    pruned = (b"(", b"-samefile", marker, b"-prune", b")", b"-o") if os.path.lexists(marker) else ()
    command = (b"find", root, *pruned, b"-type", b"d", b"-printf", _DIRECTORY, b"-o", b"-printf", _OTHER)
    done = subprocess.run(command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, check=False, process_group=0)
    if done.returncode != 0:
        raise OSError(f"{decode(root)!r} cannot be searched: {decode(done.stderr)[-500:]}")
    return set(done.stdout.split(b"\0")[:-1])


def _walked_lines(root: bytes) -> Iterator[bytes]:
    yield fact_line(root, b"")
    left = [b""]
    while left:
        directory = left.pop()
        with os.scandir(inside(root, directory)) as entries:
            listed = list(entries)
        for entry in listed:
            path = directory + b"/" + entry.name if directory else entry.name
            if path == b".git":
                continue
            if entry.is_dir(follow_symlinks=False):
                left.append(path)
            yield _line(entry.stat(follow_symlinks=False), path)
