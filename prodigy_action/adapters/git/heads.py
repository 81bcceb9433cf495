"""HEAD of a repository, read in this process: starting git would take longer than everything else that needs HEAD."""

from __future__ import annotations

import re
from pathlib import Path

from prodigy_action.adapters.files.named_file import read_named_file, read_small_file

_OBJECT_ID = re.compile(r"[0-9a-f]{40}")
_LINKS = 5
_PACKED_LIMIT = 2**28
_SIZE_LIMIT = 65536
"""Bytes of a HEAD, of a loose ref and of a worktree's `.git`: each is one line."""


def read_head(git_dir: str) -> str | None:
    """The object id of HEAD, or None when files alone do not contain it (git has further ways to store refs)."""
    name = "HEAD"
    for _ in range(_LINKS):
        value = _loose(git_dir, name) or _packed(git_dir, name)
        if value is None:
            return None
        if not value.startswith("ref: "):
            return value if _OBJECT_ID.fullmatch(value) else None
        name = value.removeprefix("ref: ").strip()
        if not name.startswith("refs/") or ".." in name:
            return None
    return None


def git_dir_of(path: str) -> str | None:
    """The git directory of the worktree whose top is `path`, or None when only git can find it."""
    marker = Path(path, ".git")
    try:
        if marker.is_dir():
            return str(marker)
        text = read_named_file(marker, limit=_SIZE_LIMIT).decode()
    except (OSError, UnicodeDecodeError):
        return None
    target = text.removeprefix("gitdir: ").rstrip("\n")
    # The refs of a linked worktree are in two places.
    return target if target.startswith("/") and not Path(target, "commondir").exists() else None


def _loose(git_dir: str, name: str) -> str | None:
    path = f"{git_dir}/{name}"
    try:
        return read_small_file(path, limit=_SIZE_LIMIT).decode().strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        pass  # HEAD may be a link, as old versions of git made it
    try:
        return read_named_file(path, limit=_SIZE_LIMIT).decode().strip()
    except (OSError, UnicodeDecodeError):
        return None


def _packed(git_dir: str, name: str) -> str | None:
    try:
        ending = b" " + name.encode()
        lines = read_named_file(f"{git_dir}/packed-refs", limit=_PACKED_LIMIT).split(b"\n")
        return next((line[:40].decode() for line in lines if line.endswith(ending)), None)
    except (OSError, UnicodeError):
        return None
