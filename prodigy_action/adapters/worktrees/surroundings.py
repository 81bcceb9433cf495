"""What the steps of an item see of the world around their worktree: paths, and git's global configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from prodigy_action.adapters.files.named_file import read_named_file
from prodigy_action.pure.steps.path_variables import find_path_variables, place_variables

_CONFIGURATION_BYTES = 2**20
_Facts: TypeAlias = tuple[int, ...] | None
_RELATIVE_INCLUDE = re.compile(rb"^(\s*path\s*=\s*\"?)(?![/~\"%\s])", re.MULTILINE | re.IGNORECASE)


def paths_in(variables: Mapping[str, str], root: str) -> Callable[[str], dict[str, str]]:
    """A function from a worktree to those of `variables` that hold paths of `root`, with the same paths in the
    worktree.
    """
    found = find_path_variables(variables, os.path.realpath(root), os.path.realpath)
    return lambda worktree: place_variables(found, worktree, os.path.lexists)


def git_configuration(environ: Mapping[str, str]) -> Callable[[], bytes]:
    """A function that gives the content of git's global configuration files as one file; unreadable files count as
    empty. It reads them again after a change.
    """
    home = environ.get("HOME")
    if not home:
        return lambda: b""
    further = Path(environ.get("XDG_CONFIG_HOME") or f"{home}/.config", "git/config")
    paths = (further, Path(home, ".gitconfig"))
    read: tuple[tuple[_Facts, ...], bytes] | None = None

    def configuration() -> bytes:
        nonlocal read
        facts = tuple(map(_facts, paths))
        if read is None or read[0] != facts:
            read = facts, b"".join(map(_with_absolute_includes, paths))
        return read[1]

    return configuration


def _facts(path: Path) -> _Facts:
    try:
        found = os.stat(path)  # noqa: PTH116 - for every item
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _with_absolute_includes(path: Path) -> bytes:
    try:
        content = read_named_file(path, limit=_CONFIGURATION_BYTES)
    except OSError:
        return b""
    if b"nclude" in content:
        directory = os.fsencode(path.parent)
        content = _RELATIVE_INCLUDE.sub(lambda match: match[1] + directory + b"/", content)
    return content if not content or content.endswith(b"\n") else content + b"\n"
