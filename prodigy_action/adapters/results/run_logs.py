"""The growing files of the results directory: one log and one patch per item or phase."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio.to_thread

from prodigy_action.adapters.files.below import KeptDirectory, open_below, remove_file_below
from prodigy_action.adapters.files.writing import write_whole
from prodigy_action.adapters.processes.bounded_output import CombinedTail
from prodigy_action.adapters.results.late_log import LateLog
from prodigy_action.adapters.results.state_store import replace_result, unwritable
from prodigy_action.environment import RunLog
from prodigy_action.model.command import TAIL_BYTES
from prodigy_action.pure.text.binary_patches import without_binary_secrets
from prodigy_action.pure.text.masking import Masker, MaskingStream

DEFAULT_MAX_LOG_BYTES = 10 * 2**20
_CHUNK_BYTES = 2**20
_FEW = 32


class AgentLog:
    """A log file with secrets masked and at most `max_bytes` of output; a longer one ends with a notice.

    An existing file is continued at its end, and `max_bytes` counts from there. Raises `ResultsUnwritable`
    when the file cannot be opened or written.
    """

    def __init__(
        self,
        root: Path,
        path: str,
        masker: Masker,
        max_bytes: int = DEFAULT_MAX_LOG_BYTES,
        *,
        place: KeptDirectory | None = None,
    ) -> None:
        """`place` is the directory of the file, when it is open."""
        self._path = path
        self._max_bytes = self._room = max_bytes
        self._dropped = 0
        self._masking = masker.stream()
        self._tail = CombinedTail(TAIL_BYTES)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._descriptor: int | None = (
                open_below(root, path, flags, make_directories=True)
                if place is None
                else place.open(path.rpartition("/")[2], flags)
            )
        except OSError as error:
            raise unwritable(path, error) from error

    @property
    def path(self) -> str:
        """Relative to the results directory."""
        return self._path

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._descriptor is None

    @property
    def tail(self) -> str:
        """The last part of what was written, secrets not masked."""
        return self._tail.text()

    def write(self, chunk: bytes) -> None:
        self._tail.receive(chunk)
        if self._room == 0:
            self._dropped += len(chunk)  # the rest is not even masked, so that a flood of output costs no time
        else:
            self._keep(self._masking.feed(chunk))

    announce = write

    def keep(self) -> None:
        """Nothing: the file is there."""

    def close(self) -> None:
        """Write the bytes held back for masking, and the notice if output was dropped. May be called again."""
        if self._descriptor is None:
            return
        try:
            self._keep(self._masking.finish())
            if self._dropped:
                limit, dropped = self._max_bytes, self._dropped
                self._write(f"\n[the log was cut after {limit} bytes: {dropped} more are not kept]\n".encode())
        finally:
            os.close(self._descriptor)
            self._descriptor = None

    def _keep(self, masked: bytes) -> None:
        kept = masked[: self._room]
        self._room -= len(kept)
        self._dropped += len(masked) - len(kept)
        self._write(kept)

    def _write(self, content: bytes) -> None:
        if not content:
            return
        if self._descriptor is None:
            raise ValueError(f"the log {self._path!r} is closed")
        try:
            write_whole(self._descriptor, content)
        except OSError as error:
            raise unwritable(self._path, error) from error


class DirectoryResultFiles:
    """Logs below `logs/` and patches below `patches/` of a results directory, which are made when needed."""

    def __init__(self, root: Path, masker: Masker, *, max_log_bytes: int = DEFAULT_MAX_LOG_BYTES) -> None:
        self._root = root
        self._masker = masker
        self._max_log_bytes = max_log_bytes
        self._open: list[AgentLog] = []
        self._most_open = _FEW
        self._logs = KeptDirectory(root, "logs")
        self._place = str(root / "logs")

    def open_log(self, name: str, *, late: bool = False) -> RunLog:
        """The log `name`, at once or `late`: the log of an earlier execution is continued at once.

        Raises `ResultsUnwritable`.
        """
        if late and not os.path.lexists(f"{self._place}/{name}.log"):
            return LateLog(partial(self._open_log, name))
        return self._open_log(name)

    def _open_log(self, name: str) -> AgentLog:
        path = f"logs/{name}.log"
        log = AgentLog(self._root, path, self._masker, self._max_log_bytes, place=self._logs)
        self._open.append(log)
        if len(self._open) > self._most_open:
            self._open = [each for each in self._open if not each.closed]
            self._most_open = max(2 * len(self._open), _FEW)  # so that not every log looks at all others
        return log

    def close(self) -> None:
        """Close the logs that are still open."""
        for log in self._open:
            log.close()
        self._logs.close()

    async def write_patch(self, name: str, patch: bytes) -> str:
        """Write a whole patch, masked and synced, and return its path. Raises `ResultsUnwritable`."""
        path = f"patches/{name}.patch"
        await anyio.to_thread.run_sync(self._replace, path, patch)
        return path

    async def remove_patch(self, name: str) -> None:
        """Remove a patch, if there is one. Raises `ResultsUnwritable`."""
        path = f"patches/{name}.patch"
        try:
            remove_file_below(self._root, path)
        except OSError as error:
            raise unwritable(path, error) from error

    def _replace(self, path: str, content: bytes) -> None:
        masker = self._masker
        if masker.searches_contents:
            content = without_binary_secrets(content, lambda blocks: masker.count_in_content(blocks) > 0)
        replace_result(self._root, path, _masked(content, masker.stream()))


def _masked(content: bytes, masking: MaskingStream) -> Iterator[bytes]:
    for start in range(0, len(content), _CHUNK_BYTES):
        yield masking.feed(content[start : start + _CHUNK_BYTES])
    yield masking.finish()
