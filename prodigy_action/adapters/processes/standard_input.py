"""Standard input of a process, written beside the wait for its output.

After a timeout, `Popen.communicate` no longer writes what is left of its input, and the process would wait for it.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import IO


def feed(stream: IO[bytes], content: bytes) -> None:
    """Write `content` in a thread of its own, then close the stream; it does not matter when the process ends before.

    The caller sets `Popen.stdin` to None, so that nothing else writes or closes it.
    """
    Thread(target=_write, args=(stream, content), daemon=True).start()


def _write(stream: IO[bytes], content: bytes) -> None:
    with suppress(OSError), stream:
        stream.write(content)
