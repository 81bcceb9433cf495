"""Branches, tags and stashes that steps make: read in this process, from a repository that its steps can write.

Starting git for every item would cost more than everything else, and most items make none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator
from itertools import islice

from prodigy_action.adapters.files.named_file import read_small_file

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
    found = dict(islice(_loose(git_dir), _MOST_FILES))
    packed = _read(f"{git_dir}/packed-refs", _PACKED_BYTES)
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


def _loose(root: str) -> Iterator[tuple[str, str]]:
    places = () if _is_link(f"{root}/refs") else _PLACES
    left = [place for place in places if not _is_link(f"{root}/{place}")]
    while left:
        directory = left.pop()
        try:
            with os.scandir(f"{root}/{directory}") as found:
                entries = list(found)
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink():
                continue
            name = f"{directory}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                left.append(name)
                continue
            value = _read(entry.path, _LOOSE_BYTES).decode("ascii", "replace").strip()
            if _ID.fullmatch(value):
                yield name, value
    yield from _stashes(root)


def _is_link(path: str) -> bool:
    return os.path.islink(path)  # noqa: PTH114 - a third of the time


def _stashes(root: str) -> Iterator[tuple[str, str]]:
    latest = _read(f"{root}/{_STASH}", _LOOSE_BYTES).decode("ascii", "replace").strip()
    if not _ID.fullmatch(latest):
        return
    yield _STASH, latest
    lines = _read(f"{root}/logs/{_STASH}", _PACKED_BYTES).decode("utf-8", "replace").split("\n")
    values = [line[41:81] for line in reversed(lines) if line]
    for number, value in enumerate(values):
        if number and _ID.fullmatch(value):
            yield f"{_STASH}@{{{number}}}", value


def _packed(text: bytes) -> dict[str, str]:
    lines = text.decode("utf-8", "surrogateescape").split("\n")  # names may hold other line ends
    return {line[41:]: line[:40] for line in lines if _ID.fullmatch(line[:40])}


def _wanted(name: str) -> bool:
    return name == _STASH or name.startswith(tuple(f"{place}/" for place in _PLACES))


def _read(path: str, limit: int) -> bytes:
    try:
        return read_small_file(path, limit=limit)
    except OSError:
        return b""
