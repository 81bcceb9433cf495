"""The growing files of the results directory: one log and one patch per item or phase."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import anyio.to_thread

from prodigy_action.adapters.processes.bounded_output import CombinedTail
from prodigy_action.environment import RunLog
from prodigy_action.errors import ResultsUnwritable
from prodigy_action.model.command import TAIL_BYTES
from prodigy_action.pure.text.masking import Masker

DEFAULT_MAX_LOG_BYTES = 10 * 2**20
_CHUNK_BYTES = 2**20


class AgentLog:
    """A log file with secrets masked and at most `max_bytes` of output; a longer one ends with a notice.

    Opening an existing file goes on behind its end, and `max_bytes` counts from there. Raises `ResultsUnwritable`
    when the file cannot be opened or written.
    """

    def __init__(self, root: Path, path: str, masker: Masker, max_bytes: int = DEFAULT_MAX_LOG_BYTES) -> None:
        self._path = path
        self._max_bytes = self._room = max_bytes
        self._dropped = 0
        self._masking = masker.stream()
        self._tail = CombinedTail(TAIL_BYTES)
        try:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            self._file = (root / path).open("ab", buffering=0)
        except OSError as error:
            raise _unwritable(path, error) from error

    @property
    def path(self) -> str:
        """Relative to the results directory."""
        return self._path

    @property
    def tail(self) -> str:
        """The end of what was written, secrets not masked."""
        return self._tail.text()

    def write(self, chunk: bytes) -> None:
        self._tail.receive(chunk)
        if self._room == 0:
            self._dropped += len(chunk)  # not even masked: a flood should cost nothing
        else:
            self._keep(self._masking.feed(chunk))

    def close(self) -> None:
        """Write what was held back for masking, and the notice when there is one to give. May be called again."""
        if self._file.closed:
            return
        try:
            self._keep(self._masking.finish())
            if self._dropped:
                limit, dropped = self._max_bytes, self._dropped
                self._write(f"\n[the log was cut after {limit} bytes: {dropped} more are not kept]\n".encode())
        finally:
            self._file.close()

    def _keep(self, masked: bytes) -> None:
        kept = masked[: self._room]
        self._room -= len(kept)
        self._dropped += len(masked) - len(kept)
        self._write(kept)

    def _write(self, content: bytes) -> None:
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _unwritable(self._path, error) from error


class DirectoryResultFiles:
    """Logs below `logs/` and patches below `patches/` of a results directory, which are made when needed."""

    def __init__(self, root: Path, masker: Masker, *, max_log_bytes: int = DEFAULT_MAX_LOG_BYTES) -> None:
        self._root = root
        self._masker = masker
        self._max_log_bytes = max_log_bytes

    def open_log(self, name: str) -> RunLog:
        return AgentLog(self._root, f"logs/{name}.log", self._masker, self._max_log_bytes)

    async def write_patch(self, name: str, patch: bytes) -> str:
        """Write a whole patch, masked and synced, and return its path. Raises `ResultsUnwritable`."""
        path = f"patches/{name}.patch"
        await anyio.to_thread.run_sync(self._replace, path, patch)
        return path

    async def remove_patch(self, name: str) -> None:
        """Remove a patch, if there is one. Raises `ResultsUnwritable`."""
        path = f"patches/{name}.patch"
        try:
            (self._root / path).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(path, error) from error

    def _replace(self, path: str, content: bytes) -> None:
        masking = self._masker.stream()
        target = self._root / path
        temporary = target.with_name(f"{target.name}.partial")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                for start in range(0, len(content), _CHUNK_BYTES):
                    file.write(masking.feed(content[start : start + _CHUNK_BYTES]))
                file.write(masking.finish())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> ResultsUnwritable:
    return ResultsUnwritable(f"{path!r} in the results directory cannot be written: {(error.strerror or '').lower()}")
