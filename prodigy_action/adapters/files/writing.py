"""Writing to a descriptor: one call may write a part alone."""

from __future__ import annotations

import os


def write_whole(descriptor: int, content: bytes, *, at: int | None = None) -> None:
    """Write all bytes, where the descriptor stands or `at` an offset. After an `OSError` a part may be there."""
    done = 0
    while done < len(content):
        rest = memoryview(content)[done:] if done else content
        done += os.write(descriptor, rest) if at is None else os.pwrite(descriptor, rest, at + done)
