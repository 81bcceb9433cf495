"""Parts of the logs and patches of a results directory, for its reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from prodigy_action.adapters.files.below import open_below

_SCAN_BYTES = 2 * 2**10


class ResultExcerpts:
    """Reads the begin or the end of files below a results directory.

    The steps of a workflow may have put anything there: links are not followed, and only regular files are read.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str, most: int, part: Literal["begin", "end"]) -> tuple[str, int]:
        """At most `most` bytes of the file as text, and how many it has in all; empty when it cannot be read.

        The end begins with a whole line, the begin ends with one, where there are lines of less than 2 KiB.
        """
        try:
            descriptor = open_below(self._root, path, os.O_RDONLY)
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


def _from_line_start(content: bytes) -> bytes:
    line_end = content.find(b"\n", 0, _SCAN_BYTES)
    return content[line_end + 1 :]


def _to_line_end(content: bytes) -> bytes:
    line_end = content.rfind(b"\n", max(len(content) - _SCAN_BYTES, 0))
    return content[: line_end + 1] if line_end > 0 else content
