"""Files inside one worktree, which no path can leave."""

from __future__ import annotations

import os
from pathlib import Path

import anyio.to_thread

from prodigy_action.adapters.processes.accounts import Accounts
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.user_files import read_file_as, write_as


class LocalWorktreeFiles:
    """Reads and writes below a worktree. A path that leaves it, also through a symbolic link, is a `ValueError`.

    With `accounts`, files are read and written as the user of the worktree.
    """

    def __init__(self, accounts: Accounts | None = None) -> None:
        self._accounts = accounts

    async def write(self, root: str, path: str, content: bytes, *, mode: int | None, create_dirs: bool) -> None:
        """Write a file, replacing what was there. Raises `OSError` when the directory is missing."""
        await anyio.to_thread.run_sync(self._write, root, path, content, mode, create_dirs)

    def _write(self, root: str, path: str, content: bytes, mode: int | None, create_dirs: bool) -> None:
        target = str(_inside(root, path))
        write_as(self._user_of(root), target, content, mode=mode, make_directories=create_dirs)

    async def read(self, root: str, path: str) -> bytes:
        """The content of a regular file of at most 256 MiB. Raises `OSError`."""
        return await anyio.to_thread.run_sync(self._read, root, path)

    def _read(self, root: str, path: str) -> bytes:
        return read_file_as(self._user_of(root), _inside(root, path))

    def _user_of(self, root: str) -> Credentials | None:
        return None if self._accounts is None else self._accounts.owner_of(root)

    async def links(self, root: str) -> frozenset[str]:
        """The symbolic links of the worktree and the files with several hard links, as paths relative to it.

        `.git` is left out.
        """
        return await anyio.to_thread.run_sync(_links, root)

    async def directory(self, root: str, path: str) -> str:
        """The absolute path of an existing directory inside the worktree."""
        if path == ".":
            return root
        return await anyio.to_thread.run_sync(_directory, root, path)

    def check_yaml(self, content: bytes) -> None:
        """Raise `ValueError` when `content` is not a YAML document."""
        import yaml

        try:
            yaml.safe_load(content)
        except yaml.YAMLError as error:
            raise ValueError(f"the content is no YAML: {error}") from error


def _inside(root: str, path: str) -> Path:
    base = Path(root).resolve()
    target = base / path
    resolved = target.resolve()
    if not resolved.is_relative_to(base) or resolved.is_relative_to(base / ".git"):
        raise ValueError(f"{path!r} leaves the worktree")
    return resolved


def _directory(root: str, path: str) -> str:
    target = _inside(root, path)
    if not target.is_dir():
        raise ValueError(f"working_dir {path!r} is no directory of the worktree")
    return str(target)


def _links(root: str) -> frozenset[str]:
    found: list[str] = []
    pending = [root]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    found.append(os.path.relpath(entry.path, root))
                elif entry.is_dir(follow_symlinks=False):
                    if entry.name != ".git":
                        pending.append(entry.path)
                elif entry.stat(follow_symlinks=False).st_nlink > 1:
                    found.append(os.path.relpath(entry.path, root))
    return frozenset(found)
