"""Parts of the logs and patches of a results directory, for its reports."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path, PurePath
from types import TracebackType
from typing import Literal

from prodigy_action.adapters.files.below import directory_below, open_file_in

_SCAN_BYTES = 2 * 2**10
_OPEN_MOST = 16


class ResultExcerpts:
    """Reads the begin or the end of files below a results directory.

    The steps of a workflow may have put anything there: links are not followed, and only regular files are read. The
    directories that were read from last are kept open until the end of the context.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._directories: dict[str, int | None] = {}

    def __enter__(self) -> ResultExcerpts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def read(self, path: str, most: int, part: Literal["begin", "end"]) -> tuple[str, int]:
        """At most `most` bytes of the file as text, and how many it has in all; empty when it cannot be read.

        The end begins with a whole line, the begin ends with one, where there are lines of less than 2 KiB.
        """
        place = PurePath(path)
        directory = self._directory(str(place.parent))
        if directory is None:
            return "", 0
        try:
            descriptor = open_file_in(directory, place.name, os.O_RDONLY, path=path)
        except OSError:
            return "", 0
        try:
            size = os.fstat(descriptor).st_size
            content = os.pread(descriptor, most, max(size - most, 0) if part == "end" else 0)
        except OSError:
            return "", 0
        finally:
            os.close(descriptor)
        if size > most:
            content = _from_line_start(content) if part == "end" else _to_line_end(content)
        return content.decode("utf-8", "replace"), size

    def _directory(self, path: str) -> int | None:
        """Its descriptor; None when it cannot be opened."""
        if path not in self._directories:
            if len(self._directories) == _OPEN_MOST:
                self._close()
            self._directories[path] = None
            with suppress(OSError), directory_below(self._root, path) as descriptor:
                self._directories[path] = os.dup(descriptor)
        return self._directories[path]

    def _close(self) -> None:
        for descriptor in self._directories.values():
            if descriptor is not None:
                os.close(descriptor)
        self._directories.clear()


def _from_line_start(content: bytes) -> bytes:
    line_end = content.find(b"\n", 0, _SCAN_BYTES)
    return content[line_end + 1 :]


def _to_line_end(content: bytes) -> bytes:
    line_end = content.rfind(b"\n", max(len(content) - _SCAN_BYTES, 0))
    return content[: line_end + 1] if line_end > 0 else content
