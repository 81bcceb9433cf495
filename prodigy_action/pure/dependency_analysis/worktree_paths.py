"""Paths in the form in which dependency analysis compares them: one form per file of the worktree; containment is
overlap.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from itertools import accumulate

from prodigy_action.dataclass import dataclass

WORKTREE = ""
"""The worktree itself: it contains every path."""

STREAMS = frozenset({"/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr"})
"""Absolute paths that every process has for itself."""


@dataclass(frozen=True, slots=True)
class ResolvedPath:
    """`path` in its normalized form, and the directories that must exist because `..` passes through them."""

    path: str
    passed: frozenset[str] = frozenset()


def fold_path(path: str) -> str:
    """`path` without the differences that a case-insensitive or normalizing file system ignores."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def resolve_path(path: str, base: str = WORKTREE) -> ResolvedPath | str:
    """The place in the worktree that `path` names, relative to the directory `base`; a text says why there is no such
    place.

    `.`, doubled and trailing slashes vanish; `a/../b` is `b` and passes through `a`.
    """
    if path.startswith("/"):
        return f"the absolute path {path!r} may name any file"
    parts: list[str] = []
    passed: set[str] = set()
    for part in (*base.split("/"), *path.split("/")):
        if part == "..":
            if not parts:
                return f"{path!r} leaves the worktree"
            passed.add(fold_path("/".join(parts)))
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ResolvedPath(fold_path("/".join(parts)), frozenset(passed))


def overlap(first: str, second: str) -> bool:
    """Whether one of two resolved paths is or contains the other."""
    if WORKTREE in (first, second) or first == second:
        return True
    return first.startswith(second + "/") or second.startswith(first + "/")


class PathSet:
    """Paths relative to the worktree; it finds an overlap without comparing each path."""

    def __init__(self, paths: Collection[str] = ()) -> None:
        self._paths = frozenset(fold_path(path) for path in paths)
        self._with_parents = frozenset(parent for path in self._paths for parent in parents(path))

    def overlaps(self, path: str) -> bool:
        """Whether a member is, contains or lies below `path`."""
        return path in self._with_parents or any(parent in self._paths for parent in parents(path))


NO_PATHS = PathSet()


def parents(path: str) -> Iterable[str]:
    """The worktree, then every directory on the way to `path`, then `path`."""
    if path == WORKTREE:
        return (WORKTREE,)
    return (WORKTREE, *accumulate(path.split("/"), "{}/{}".format))
