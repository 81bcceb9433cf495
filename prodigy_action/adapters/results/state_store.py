"""`state/` of the results directory: what a resume of a killed run needs; it is on disk before a record names it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import anyio

from prodigy_action.adapters.files.atomic import replace_file
from prodigy_action.adapters.files.below import (
    make_directory_below,
    open_below,
    remove_directory_below,
    sync_directory,
)
from prodigy_action.adapters.files.writing import write_whole
from prodigy_action.adapters.results.writer_thread import WriterThread
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ResultsUnwritable
from prodigy_action.model.events import KeptObjects
from prodigy_action.pure.text.masking import Masker, MaskingStream
from prodigy_action.pure.text.reasons import reason_of

STATE = "state"
BLOCK_CHARACTERS = 1 << 18


@dataclass(slots=True)
class _Pending:
    content: bytes | Path
    kept: KeptObjects | None = None
    error: OSError | None = None


class StateStore:
    """Appends packs to one file per attempt; those appended at the same time share one sync. Safe in several threads.

    The directory is made for the first pack, so that a run that keeps nothing has no such directory.
    """

    def __init__(self, results: Path, attempt: int) -> None:
        self.results = results
        self._packs = f"{STATE}/attempt-{attempt}.packs"
        self._carried = f"{STATE}/attempt-{attempt}-carried.tar"
        self._pending = deque[_Pending]()
        self._writing = threading.Lock()
        self._thread = WriterThread()
        self._descriptor: int | None = None
        self._size = 0
        self._broken: OSError | None = None

    @property
    def carried_path(self) -> Path:
        """The path for an archive of carried files."""
        self._make_directory()
        return self.results / self._carried

    def close(self) -> None:
        """Close the file."""
        self._thread.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    async def append(self, content: bytes | Path) -> KeptObjects:
        """Write a pack, given as bytes or as a file; it is on disk when this returns, also for a cancelled caller.

        Raises `ResultsUnwritable` when it cannot be written.
        """
        pending = self._add(content)
        with anyio.CancelScope(shield=True):
            await self._thread.run(partial(self._bring, pending))
        return self._kept(pending)

    def append_here(self, content: bytes) -> KeptObjects:
        """As `append`, in a worker thread that has other work to do as well. Blocks."""
        pending = self._add(content)
        self._bring(pending)
        return self._kept(pending)

    def _add(self, content: bytes | Path) -> _Pending:
        self._pending.append(pending := _Pending(content))
        return pending

    def _bring(self, pending: _Pending) -> None:
        """Bring a pack to the disk, with all that were added before; who waits meanwhile mostly finds its own there."""
        with self._writing:
            if pending.kept is None and pending.error is None:
                self._write([self._pending.popleft() for _ in range(len(self._pending))])

    def _kept(self, pending: _Pending) -> KeptObjects:
        if pending.kept is None:
            raise unwritable(self._packs, pending.error) from pending.error
        return pending.kept

    def sync_file(self, path: Path) -> KeptObjects:
        """Sync a file that was written into the directory to the disk. Blocks."""
        descriptor = open_below(self.results, str(path.relative_to(self.results)), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_directory(path.parent)
        return KeptObjects(file=self.name_of(path), offset=0, size=path.stat().st_size)

    def name_of(self, path: Path) -> str:
        """How records name a file of the directory."""
        return str(path.relative_to(self.results))

    def _write(self, batch: list[_Pending]) -> None:
        placed: list[tuple[_Pending, KeptObjects]] = []
        try:
            if self._broken is not None:
                raise self._broken
            descriptor = self._open()
            end = self._size
            for pending in batch:
                size = _append(descriptor, pending.content)
                placed.append((pending, KeptObjects(file=self._packs, offset=end, size=size)))
                end += size
            self._sync(descriptor)
            self._size = end
        except OSError as error:
            self._cut_off()
            for pending in batch:
                pending.error = error
            return
        for pending, kept in placed:
            pending.kept = kept

    def _sync(self, descriptor: int) -> None:
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            self._broken = error  # the kernel may report success next time although nothing was written
            raise

    def _open(self) -> int:
        if self._descriptor is None:
            self._make_directory()
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
            self._descriptor = open_below(self.results, self._packs, flags)
            sync_directory(self.results / STATE)
        return self._descriptor

    def _cut_off(self) -> None:
        if self._descriptor is None:
            return
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError as error:
            self._broken = error

    def _make_directory(self) -> None:
        if not (self.results / STATE).is_dir():
            make_directory_below(self.results, STATE)
            sync_directory(self.results)


def discard_state(results: Path) -> None:
    """Remove `state/`: the run is finished."""
    remove_directory_below(results, STATE)


def replace_result(results: Path, path: str, content: bytes | Iterable[bytes]) -> None:
    """Write a file of the results directory, atomically and to the disk. Raises `ResultsUnwritable`."""
    try:
        replace_file(results, path, content, durable=True)
    except OSError as error:
        raise unwritable(path, error) from error


def replace_text(results: Path, path: str, pieces: Iterable[str], masker: Masker) -> None:
    """Write a text of the results directory, secrets masked, atomically and to the disk. Raises `ResultsUnwritable`."""
    masking = masker.stream()
    masked = (masking.feed(block.encode("utf-8", "surrogateescape")) for block in blocks_of(pieces))
    replace_result(results, path, chain(masked, map(MaskingStream.finish, [masking])))


def blocks_of(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces of about `BLOCK_CHARACTERS`: it is encoded, masked and written block by block."""
    block: list[str] = []
    size = 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= BLOCK_CHARACTERS:
            yield "".join(block)
            block.clear()
            size = 0
    yield "".join(block)


def unwritable(path: str, error: OSError | None) -> ResultsUnwritable:
    """The error for a file of the results directory that cannot be written."""
    reason = reason_of(error) if error is not None else "it was not written"
    return ResultsUnwritable(f"{path!r} in the results directory cannot be written: {reason}")


def _append(descriptor: int, content: bytes | Path) -> int:
    if isinstance(content, bytes):
        write_whole(descriptor, content)
        return len(content)
    size = 0
    with content.open("rb") as file:
        while block := file.read(1 << 20):
            size += _append(descriptor, block)
    return size
