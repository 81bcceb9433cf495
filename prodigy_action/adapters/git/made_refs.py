"""Branches, tags and stashes that steps make: read in this process, from a repository that its steps can write.

Starting git for every item would cost more than everything else, and most items make none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator
from itertools import islice
from pathlib import Path

from prodigy_action.adapters.files.named_file import read_named_file

_ID = re.compile(r"[0-9a-f]{40}")
BRANCHES = "refs/heads/"
TAGS = "refs/tags/"
_STASH = "refs/stash"
_PLACES = ("refs/heads", "refs/tags")
_MOST_FILES = 10_000
_PACKED_BYTES = 1 << 26
_LOOSE_BYTES = 65_536


def made_refs(git_dir: str, before: bytes, kept: Container[str] | None = None) -> dict[str, str]:
    """The branches, tags and stashes of a repository that `before`, the text of its packed refs, does not have.

    By full name, such as `refs/heads/topic`, `refs/tags/v1`, `refs/stash`; older stashes are `refs/stash@{1}` and so
    on. With `kept`, branches are left out that are at one of these commits, or at one that `before` names too: with
    them nothing is lost but a name. A file that is no reference is left out too. Blocks.
    """
    root = Path(git_dir)
    found = dict(islice(_loose(root), _MOST_FILES))
    packed = _read(root / "packed-refs", _PACKED_BYTES)
    if packed != before:
        found = {**{name: value for name, value in _packed(packed).items() if _wanted(name)}, **found}
    if kept is not None:
        found = {name: value for name, value in found.items() if not (name.startswith(BRANCHES) and value in kept)}
    if not found:
        return {}
    known = _packed(before)
    there = frozenset() if kept is None else frozenset(known.values())
    return {
        name: value
        for name, value in sorted(found.items())
        if known.get(name) != value and not (name.startswith(BRANCHES) and value in there)
    }


def _loose(root: Path) -> Iterator[tuple[str, str]]:
    for place in _PLACES:
        if (root / "refs").is_symlink() or (root / place).is_symlink():
            continue
        for directory, _, names in os.walk(root / place):  # follows no link below
            for name in names:
                path = Path(directory, name)
                value = _read(path, _LOOSE_BYTES).decode("ascii", "replace").strip()
                if _ID.fullmatch(value):
                    yield str(path.relative_to(root)), value
    yield from _stashes(root)


def _stashes(root: Path) -> Iterator[tuple[str, str]]:
    latest = _read(root / _STASH, _LOOSE_BYTES).decode("ascii", "replace").strip()
    if not _ID.fullmatch(latest):
        return
    yield _STASH, latest
    lines = _read(root / "logs" / _STASH, _PACKED_BYTES).decode("utf-8", "replace").split("\n")
    values = [line[41:81] for line in reversed(lines) if line]
    for number, value in enumerate(values):
        if number and _ID.fullmatch(value):
            yield f"{_STASH}@{{{number}}}", value


def _packed(text: bytes) -> dict[str, str]:
    lines = text.decode("utf-8", "surrogateescape").split("\n")  # names may hold other line ends
    return {line[41:]: line[:40] for line in lines if _ID.fullmatch(line[:40])}


def _wanted(name: str) -> bool:
    return name == _STASH or name.startswith(tuple(f"{place}/" for place in _PLACES))


def _read(path: Path, limit: int) -> bytes:
    try:
        return b"" if path.is_symlink() else read_named_file(path, limit=limit)
    except OSError:
        return b""
