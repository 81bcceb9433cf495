"""The journal on disk: append-only, every record durable before `append` returns."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import anyio
import anyio.lowlevel

from prodigy_action.adapters.files.below import open_below, sync_directory
from prodigy_action.adapters.files.writing import write_whole
from prodigy_action.adapters.results.journal_lines import (
    JournalRecord,
    JournalScan,
    frame_line,
    parse_record,
    render_record,
)
from prodigy_action.adapters.results.writer_thread import WriterThread
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import JournalUnwritable
from prodigy_action.model.events import Event, RunStarted
from prodigy_action.pure.text.reasons import reason_of


def journal_records(path: Path) -> Iterator[JournalRecord]:
    """The durable records of a journal, parsed; errors are those of `journal_texts`."""
    return map(parse_record, journal_texts(path))


def journal_texts(path: Path) -> Iterator[bytes]:
    """All durable records of a journal in order, as JSON without the frame of their lines; an incomplete last record is
    left out. Each is read when it is asked for.

    Raises `JournalCorrupt` at the first good record after a damaged one, `OSError` when the file cannot be read.
    """
    with _opened(path) as file:
        yield from JournalScan(path.name).records(file)


def write_journal(path: Path, events: Iterable[Event], run_id: str) -> None:
    """Write a new journal with these records, which have their times. Raises `OSError`."""
    with open(open_below(path.parent, path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        for seq, event in enumerate(events, start=1):
            file.write(frame_line(seq, render_record(event.model_dump()), run_id))


@contextmanager
def unused_journal(path: Path) -> Iterator[bool]:
    """Whether no run uses the journal; while the context lasts, no run can start to."""
    try:
        descriptor = open_below(path.parent, path.name, os.O_RDWR)
    except OSError:
        yield True  # without a journal there was no run
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


@dataclass(slots=True)
class _Batch:
    """Records of one write. The first who adds one writes them all."""

    records: list[bytes] = field(default_factory=list)
    ended: anyio.Event = field(default_factory=anyio.Event)
    """The write has ended, with `error` when it failed."""
    error: OSError | None = None


class FileJournal:
    """Appends records to one file, which it locks against every other process until it is closed.

    Records that are appended at the same time share one write and one sync. `now` gives the time of each record.
    Opening a journal continues it: an incomplete last record is cut off first. Raises `JournalUnwritable` when the file
    cannot be made, written or locked, `JournalCorrupt` when it is damaged.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._gathering: _Batch | None = None
        self._writing = anyio.Lock(fast_acquire=True)
        self._thread = WriterThread()
        self._broken: OSError | None = None
        self._run: str | None = None
        try:
            self._descriptor = open_below(path.parent, path.name, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._take_over()
        except BaseException as error:
            os.close(self._descriptor)
            if isinstance(error, OSError):
                raise self._unwritable(error) from error
            raise

    def __enter__(self) -> FileJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file and its lock."""
        self._thread.close()
        os.close(self._descriptor)

    async def append(self, event: Event, content: dict[str, Any] | None = None) -> Event:
        """Write one record; it is on disk when this returns, also when the caller is being cancelled.

        `content` is what `event.model_dump` returns, for whoever has called it already.

        Returns the event as it was written, with its time. Raises `JournalUnwritable` when it cannot be written; then
        the file does not hold it, and later records may succeed (after a full disk was cleared).
        """
        return (await self.append_all([(event, content)]))[0]

    async def append_all(self, events: Sequence[tuple[Event, dict[str, Any] | None]]) -> list[Event]:
        """As `append`, for some records in their order: all of them are written, or none. There is at least one."""
        batch = self._gathering or _Batch()
        dated = [self._add(batch, event, content) for event, content in events]
        with anyio.CancelScope(shield=True):
            if self._gathering is None:
                self._gathering = batch
                await self._write_gathered(batch)
            else:
                await batch.ended.wait()
        if batch.error is not None:
            raise self._unwritable(batch.error) from batch.error
        return dated

    def _add(self, batch: _Batch, event: Event, content: dict[str, Any] | None) -> Event:
        written = event if event.at else event.model_copy(update={"at": _utc_text(self._now())})
        if self._run is None and isinstance(event, RunStarted):
            self._run = event.run_id
        record = event.model_dump() if content is None else content
        record["at"] = written.at
        batch.records.append(render_record(record))
        return written

    async def _write_gathered(self, batch: _Batch) -> None:
        """Write the batch, with the records that others add until the write before it has ended."""
        try:
            async with self._writing:
                await anyio.lowlevel.checkpoint()  # what others have to record in this turn goes into the same write
                self._gathering = None
                numbered = enumerate(batch.records, start=self._count + 1)
                lines = b"".join(frame_line(seq, record, self._run) for seq, record in numbered)
                await self._thread.run(partial(self._write, lines))
                self._count += len(batch.records)
                self._size += len(lines)
        except BaseException as error:
            batch.error = error if isinstance(error, OSError) else OSError(f"it was not written: {error!r}")
            if not isinstance(error, OSError):
                raise
        finally:
            batch.ended.set()

    def _write(self, lines: bytes) -> None:
        if self._broken is not None:
            raise self._broken
        try:
            write_whole(self._descriptor, lines)
        except OSError:
            self._cut_off_torn_end()
            raise
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            # The kernel may have dropped data that it could not write and report success next time: do not trust it
            # again.
            self._broken = error
            raise

    def _cut_off_torn_end(self) -> None:
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError as error:
            self._broken = error  # a record after the incomplete one would make it damage in the middle of the journal

    def _take_over(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        scan = JournalScan(self._path.name)
        with _opened(self._path) as file:
            for _ in scan.records(file):
                pass
        self._count = scan.count
        self._size = scan.size
        self._run = scan.run
        os.ftruncate(self._descriptor, scan.size)
        os.fsync(self._descriptor)
        sync_directory(self._path.parent)

    def _unwritable(self, error: OSError) -> JournalUnwritable:
        if error.errno == errno.EWOULDBLOCK:
            return JournalUnwritable(f"the journal {str(self._path)!r} is in use by another run")
        reason = reason_of(error)
        return JournalUnwritable(f"the journal {str(self._path)!r} cannot be written: {reason}")


def _opened(path: Path) -> BinaryIO:
    """The journal, when it is a regular file and no link."""
    return open(open_below(path.parent, path.name, os.O_RDONLY), "rb")


def _utc_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
