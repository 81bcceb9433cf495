"""Giving files that the program wrote into another user's repository to that user."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from prodigy_action.adapters.git.calls import encode, inside
from prodigy_action.model.git import Checkout

_PLACES = ("objects", "refs", "logs", "lfs")


def give_ownership(checkout: Checkout, changed: Iterable[bytes]) -> None:
    """Change the owner of this user's files in the repository's own directories and on the `changed` paths of the
    checkout.

    Does nothing unless run as root on a checkout of another user. Symbolic links are changed themselves, never
    followed.
    """
    if os.geteuid() != 0 or checkout.owner[0] == 0:
        return
    user, group = checkout.owner
    for directory in dict.fromkeys((checkout.git_dir, checkout.common_dir)):
        _hand_over(directory, user, group)
        for entry in os.scandir(directory):
            if not entry.is_dir(follow_symlinks=False):
                _hand_over(entry.path, user, group)
        for place in _PLACES:
            _hand_over_tree(f"{directory}/{place}", user, group)
    top = encode(checkout.path)
    done: set[bytes] = set()
    for path in changed:
        while path and path not in done:
            done.add(path)
            _hand_over(inside(top, path), user, group)
            path = path.rpartition(b"/")[0]


def _hand_over_tree(directory: str, user: int, group: int) -> None:
    if Path(directory).is_symlink() or not Path(directory).is_dir():
        return
    _hand_over(directory, user, group)
    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            _hand_over_tree(entry.path, user, group)
        else:
            _hand_over(entry.path, user, group)


def _hand_over(path: str | bytes, user: int, group: int) -> None:
    try:
        if os.lstat(path).st_uid == 0:
            os.lchown(path, user, group)
    except FileNotFoundError:
        return
