"""Our own files beside a run: scripts, values, item documents."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType

import anyio.to_thread

from prodigy_action.adapters.accounts import Accounts, give
from prodigy_action.adapters.temporary_pool import temporary_pool


class ScratchDirectory:
    """A private directory outside every worktree, removed when the run ends (by the next run, when this one is killed).

    With `accounts`, files belong to the user of the worktree that they are saved for.
    """

    def __init__(self, accounts: Accounts | None = None) -> None:
        self._accounts = accounts
        self._opened = ExitStack()
        self._root = Path(self._opened.enter_context(temporary_pool()))
        self._numbers = count(1)
        if accounts is not None:
            self._root.chmod(0o711)

    def __enter__(self) -> ScratchDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._opened.close()

    def reserve(self) -> str:
        """The absolute path of a directory that nobody else uses and that does not exist yet."""
        return str(self._root / str(next(self._numbers)))

    async def save(self, directory: str, files: Mapping[str, bytes], *, worktree: str) -> None:
        """Write `files` into the reserved directory, readable only by ourselves and the commands of `worktree`."""
        await anyio.to_thread.run_sync(self._save, Path(directory), files, worktree)

    async def discard(self, directory: str) -> None:
        """Remove a reserved directory, whether or not anything was saved there."""
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(directory, ignore_errors=True))

    def _save(self, directory: Path, files: Mapping[str, bytes], worktree: str) -> None:
        _write_all(directory, files)
        if self._accounts is not None:
            give(str(directory), self._accounts.owner_of(worktree))


def _write_all(directory: Path, files: Mapping[str, bytes]) -> None:
    directory.mkdir(mode=0o700)
    for name, content in files.items():
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
