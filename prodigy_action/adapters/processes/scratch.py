"""Files of the program outside of worktrees: scripts, values, item documents."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType

import anyio
import anyio.to_thread

from prodigy_action.adapters.files.temporary_pool import temporary_pool
from prodigy_action.adapters.processes.accounts import Accounts, give
from prodigy_action.adapters.processes.scratch_files import ScratchFiles

_SMALL_BYTES = 1 << 16
_OPEN_MOST = 256
"""So many directories have open files; the others are made for each use."""


class ScratchDirectory:
    """A private directory outside of every worktree. It is removed when the run ends; if the run is killed, by the next
    run.

    With `accounts`, files belong to the user of the worktree that they are saved for.
    """

    def __init__(self, accounts: Accounts | None = None) -> None:
        self._accounts = accounts
        self._opened = ExitStack()
        self._root = Path(self._opened.enter_context(temporary_pool()))
        self._numbers = count(1)
        self._free: list[str] = []
        self._files: dict[str, ScratchFiles] = {}
        """The files of the directories that are in use, or whose files are open."""
        if accounts is not None:
            self._root.chmod(0o711)

    def __enter__(self) -> ScratchDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for files in self._files.values():
            files.close()
        self._files.clear()
        self._opened.close()

    def reserve(self) -> str:
        """The absolute path of a directory that nobody else uses until it is discarded."""
        return self._free.pop() if self._free else str(self._root / str(next(self._numbers)))

    async def save(self, directory: str, files: Mapping[str, bytes], *, worktree: str) -> None:
        """Write `files`, and nothing else, into the reserved directory.

        Only this process and the commands of `worktree` can read them.
        """
        if self._accounts is None and sum(map(len, files.values())) <= _SMALL_BYTES:
            self._write_all(directory, files)  # here, since a thread would cost ten times as much
            return
        await anyio.to_thread.run_sync(self._save, directory, files, worktree)

    async def discard(self, directory: str) -> None:
        """Empty a reserved directory, whether or not anything was saved there, and make it available again; also for a
        caller that is being cancelled.
        """
        # A directory that belonged to one user is not used for another.
        files = self._files.get(directory)
        if self._accounts is None and files is not None and len(self._files) <= _OPEN_MOST and files.empty():
            self._free.append(directory)
            return
        if files is not None:
            self._files.pop(directory).close()
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(partial(shutil.rmtree, ignore_errors=True), directory)

    def _save(self, directory: str, files: Mapping[str, bytes], worktree: str) -> None:
        self._write_all(directory, files)
        if self._accounts is not None:
            give(directory, self._accounts.owner_of(worktree))

    def _write_all(self, directory: str, contents: Mapping[str, bytes]) -> None:
        if self._accounts is not None:  # the files are given away, with the directory
            files = ScratchFiles(directory)
            try:
                files.write(contents)
            finally:
                files.close()
            return
        self._files.setdefault(directory, ScratchFiles(directory)).write(contents)
