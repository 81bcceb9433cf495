"""Files of the program outside of worktrees: scripts, values, item documents."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import partial
from itertools import count, islice
from pathlib import Path
from types import TracebackType

import anyio
import anyio.to_thread

from prodigy_action.adapters.files.temporary_pool import temporary_pool
from prodigy_action.adapters.processes.accounts import Accounts, give

_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600
_SMALL_BYTES = 1 << 16
_FILES_MOST = 8


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
        self._names: dict[str, frozenset[str]] = {}
        """The empty files of the directories that were discarded."""
        if accounts is not None:
            self._root.chmod(0o711)

    def __enter__(self) -> ScratchDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
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
        if self._accounts is None and (names := _emptied_files(directory)) is not None:
            self._names[directory] = names
            self._free.append(directory)
            return
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(partial(shutil.rmtree, ignore_errors=True), directory)

    def _save(self, directory: str, files: Mapping[str, bytes], worktree: str) -> None:
        self._write_all(directory, files)
        if self._accounts is not None:
            give(directory, self._accounts.owner_of(worktree))

    def _write_all(self, directory: str, files: Mapping[str, bytes]) -> None:
        present = self._names.pop(directory, None)
        if present is not None:
            with suppress(FileNotFoundError):  # others removed it meanwhile
                _replace_all(directory, present, files)
                return
        _replace_all(directory, _made(directory), files)


def _replace_all(directory: str, present: frozenset[str], files: Mapping[str, bytes]) -> None:
    for name in present - files.keys():
        os.unlink(f"{directory}/{name}")  # noqa: PTH108 - for every step, as few objects as possible
    for name, content in files.items():
        _write(f"{directory}/{name}", content)


def _made(directory: str) -> frozenset[str]:
    """Make the directory, unless it is there; the names of its files."""
    try:
        os.mkdir(directory, _PRIVATE_DIRECTORY)  # noqa: PTH102 - likewise
    except FileExistsError:
        return frozenset(os.listdir(directory))  # noqa: PTH208 - likewise
    return frozenset()


def _write(path: str, content: bytes) -> None:
    # Without O_TRUNC: ext4 writes a file to the disk at once when it is truncated and written before it is closed.
    # That takes 0.15 ms of CPU and some milliseconds, and a write into an emptied file 0.02 ms.
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, _PRIVATE_FILE)
    try:
        _write_whole(descriptor, content)
    finally:
        os.close(descriptor)


def _write_whole(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    if os.fstat(descriptor).st_size > len(content):
        os.ftruncate(descriptor, len(content))


def _emptied_files(directory: str) -> frozenset[str] | None:
    """Truncate the files of a directory; their names, or None when it is no longer a directory as `reserve` makes it.

    The files are not removed, since on some file systems making files is slow soon after many were removed.
    """
    try:
        with os.scandir(directory) as found:
            entries = list(islice(found, _FILES_MOST + 1))
        if len(entries) > _FILES_MOST:  # a command made them
            return None
        if stat.S_IMODE(os.lstat(directory).st_mode) != _PRIVATE_DIRECTORY:
            return None
        for entry in entries:
            facts = entry.stat(follow_symlinks=False)
            if facts.st_nlink != 1 or facts.st_mode != stat.S_IFREG | _PRIVATE_FILE:
                return None
            if facts.st_size:
                os.close(os.open(entry.path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC))
    except OSError:
        return None
    return frozenset(entry.name for entry in entries)
