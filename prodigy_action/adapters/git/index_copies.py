"""Copies of git's index, with which git still finds every change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def copy_index(
    index: str, copy: str, reader: Callable[[str], bytes | None] = lambda path: Path(path).read_bytes()
) -> None:
    """Copy an index; without content of it, there is no copy. Raises `OSError`.

    git takes a file for unchanged when its size and its time, in whole seconds, are those that the index holds. Only
    when the file is at least as young as the index does git compare contents. So the copy must be as old as the index:
    with a younger one, git misses a change of the same size within the same second.
    """
    try:
        found = Path(index).stat()  # before the content: an older time only makes git compare more
    except FileNotFoundError:
        return
    content = reader(index)
    if content:
        Path(copy).write_bytes(content)
        os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))
