"""Files and links that name the directory they were made in: in a copy elsewhere they name that place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress

from prodigy_action.adapters.git.calls import encode, inside
from prodigy_action.adapters.processes.accounts import give_one
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.pure.git_objects.link_targets import is_below
from prodigy_action.pure.text.moved_paths import (
    LARGEST,
    is_environment_file,
    may_name_places,
    names,
    with_moved_paths,
)

_MOST_SEARCHED = 1 << 28
"""Bytes of all files that are searched for names of other places."""


def move_paths_inside(place: bytes, path: bytes, before: bytes, after: bytes) -> None:
    """Let the file or link at `place`, whose path in its worktree is `path`, name `after` instead of `before`.

    Only links and files of installed environments are changed. Raises `OSError`.
    """
    found = os.lstat(place)
    if stat.S_ISLNK(found.st_mode):
        target = os.readlink(place)  # noqa: PTH115 - bytes
        if is_below(target, before):
            os.unlink(place)  # noqa: PTH108 - bytes
            os.symlink(after + target[len(before) :], place)  # noqa: PTH211 - bytes
    elif stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST and is_environment_file(path):
        content = _content(place)
        moved = with_moved_paths(content, before, after)
        if moved != content:
            # Not with its old time: what was compiled from it must be compiled again.
            with open(os.open(place, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC), "wb") as file:
                file.write(moved)


def move_all_paths(root: bytes, paths: Iterable[bytes], before: bytes, after: bytes, user: Credentials | None) -> None:
    """The same for files of a worktree, which belong to `user` if there is one."""
    for path in paths:
        place = inside(root, path)
        with suppress(FileNotFoundError):
            move_paths_inside(place, path, before, after)
            if user is not None and os.lstat(place).st_uid == 0:
                give_one(place, user)


def files_that_name(root: bytes, paths: Iterable[bytes], places: Sequence[str]) -> tuple[bytes, ...]:
    """Those of the files below `root` that name one of the directories, and that no copy changes. Blocks.

    Large files, and what comes after very many, are not searched.
    """
    found: list[bytes] = []
    left = _MOST_SEARCHED
    wanted = [encode(place) for place in places]
    for path in paths:
        if is_environment_file(path) or not may_name_places(path):
            continue
        with suppress(OSError):
            facts = os.lstat(inside(root, path))
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST:
                continue
            left -= facts.st_size
            if left < 0:
                break
            content = _content(inside(root, path))
            if any(names(content, place) for place in wanted):
                found.append(path)
    return tuple(found)


def _content(place: bytes) -> bytes:
    with open(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        return file.read(LARGEST + 1)
