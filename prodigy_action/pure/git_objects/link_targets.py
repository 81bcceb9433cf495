"""Targets of symbolic links: whether they lead anywhere in another place than the one where the link was made."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable


def relative_target(path: bytes, target: bytes, top: bytes) -> bytes | None:
    """The target of the link at `path` below `top`, relative to its directory, when it names something inside `top`.

    None for any other target, and for one inside `.git`. Both `top` and the result are bytes of a path.
    """
    inside = posixpath.normpath(target)
    if not is_below(inside, top) or is_below(inside, top + b"/.git"):
        return None
    return posixpath.relpath(inside, posixpath.dirname(top + b"/" + path))


def leads_into(target: bytes, directories: Iterable[bytes]) -> bool:
    """Whether an absolute target names one of the directories, or something below it."""
    return target.startswith(b"/") and any(is_below(posixpath.normpath(target), each) for each in directories)


def is_below(path: bytes, directory: bytes) -> bool:
    """Whether a path is a directory, or something below it."""
    return path == directory or path.startswith(directory.rstrip(b"/") + b"/")
