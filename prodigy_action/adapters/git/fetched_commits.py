"""The commits that a step fetched from another repository, as git noted them: they are not the step's own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

_NEW_VALUE = re.compile(rb"^[0-9a-f]{40} ([0-9a-f]{40}) [^\t\n]*(?:\t(.*))?$", re.MULTILINE)
_FETCH_HEAD = re.compile(rb"^([0-9a-f]{40})\t", re.MULTILINE)
_PUSHED = b"update by push"
_MOST_LOGS = 1_000


def fetched_heads(git_dir: str, read: Callable[[str], bytes]) -> frozenset[str]:
    """The last commits of what was fetched into a repository. `read` gives the content of a file, empty for none.

    What a step pushed is its own: git notes it in the same places, with another word.
    """
    pushed: set[str] = set()
    fetched: set[str] = set()
    for log in _remote_logs(git_dir):
        for match in _NEW_VALUE.finditer(read(log)):
            (pushed if match[2] == _PUSHED else fetched).add(match[1].decode())
    # A fetch after the push lists what was pushed, too.
    listed = {match[1].decode() for match in _FETCH_HEAD.finditer(read(f"{git_dir}/FETCH_HEAD"))}
    return frozenset(fetched | (listed - pushed))


def _remote_logs(git_dir: str) -> Iterator[str]:
    left = _MOST_LOGS
    for directory, _, files in os.walk(f"{git_dir}/logs/refs/remotes"):
        for name in files[:left]:
            yield f"{directory}/{name}"
        left -= len(files)
        if left <= 0:
            return
