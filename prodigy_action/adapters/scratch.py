"""Our own files beside a run: scripts, values, item documents."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import TracebackType

import anyio.to_thread


class ScratchDirectory:
    """A private directory outside every worktree, removed when the run ends."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="prodigy-scratch-"))
        self._numbers = count(1)

    def __enter__(self) -> ScratchDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def reserve(self) -> str:
        """The absolute path of a directory that nobody else uses and that does not exist yet."""
        return str(self._root / str(next(self._numbers)))

    async def save(self, directory: str, files: Mapping[str, bytes]) -> None:
        """Write `files` into the reserved directory, readable by ourselves alone."""
        await anyio.to_thread.run_sync(_write_all, Path(directory), files)

    async def discard(self, directory: str) -> None:
        """Remove a reserved directory, whether or not anything was saved there."""
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(directory, ignore_errors=True))


def _write_all(directory: Path, files: Mapping[str, bytes]) -> None:
    directory.mkdir(mode=0o700)
    for name, content in files.items():
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
