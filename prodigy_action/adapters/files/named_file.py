"""Files that a workflow, an item or an agent names: whatever is there, reading and writing it comes to an end.

Such a name may stand for a FIFO that nobody writes to, a device without an end, or a sparse file larger than memory.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from prodigy_action.adapters.files.links import links_on_the_way
from prodigy_action.adapters.files.writing import write_whole

_PIECE_BYTES = 1 << 20
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


def read_named_file(path: Path | str, *, limit: int, checkpoint: Callable[[], object] | None = None) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Links are followed. Opening never blocks, and `checkpoint` is called after each piece: what it raises ends the
    reading. Raises `OSError` when the file cannot be opened, is no regular file, or is larger than `limit`, also one
    that grows meanwhile.
    """
    return b"".join(read_named_blocks(path, limit=limit, checkpoint=checkpoint))


def read_small_file(path: str, *, limit: int) -> bytes:
    """As `read_named_file`, for a file of a few bytes, and a link at its place is an error. For many small files."""
    descriptor = _open_regular(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        pieces, room, expected = list[bytes](), limit, os.fstat(descriptor).st_size
        # A block that is much larger than what is read would take longer than reading it.
        while piece := os.read(descriptor, min(room, expected) + 1):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                raise _too_large(path, limit)
    finally:
        os.close(descriptor)
    return b"".join(pieces)


def read_named_blocks(
    path: Path | str, *, limit: int, checkpoint: Callable[[], object] | None = None
) -> Iterator[bytes]:
    """As `read_named_file`, in blocks of at most 1 MiB. Of a file that is too large from the start no block is read."""
    with open(_open_regular(path, os.O_RDONLY), "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        room = -1 if size > limit else limit
        while room >= 0 and (block := file.read(min(room + 1, _PIECE_BYTES))):
            room -= len(block)
            if checkpoint is not None:
                checkpoint()
            if room >= 0:
                yield block
    if room < 0:
        raise _too_large(path, limit)


def read_start(path: Path | str, *, limit: int) -> bytes:
    """The first bytes of a regular file, at most `limit`. Raises `OSError`, as `read_named_file`."""
    with open(_open_regular(path, os.O_RDONLY), "rb", buffering=0) as file:
        return _read(file, limit)


def first_existing(*paths: Path) -> Path | None:
    """The first path where anything is, whether it can be read or not."""
    return next((path for path in paths if _is_there(path)), None)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, or a directory that may not be read
        return False


def leads_out(path: Path, *roots: Path) -> bool:
    """Whether a link below one of the roots leads the absolute path out of all of them.

    A repository, or a step, could otherwise have a file read that only this process may read, such as
    `/proc/self/environ`.
    """
    tops = [root.resolve() for root in roots]
    if any(path.resolve().is_relative_to(top) for top in tops):
        return False
    return any(link.is_relative_to(top) for link in links_on_the_way(path) for top in tops)


def write_named_file(path: Path | str, content: bytes, *, mode: int | None = None) -> None:
    """Replace the content of a regular file, which is made when it is missing, and set its `mode` if given.

    Never blocks on what else may have that name. Raises `OSError`.
    """
    with open(_open_regular(path, os.O_WRONLY | os.O_CREAT), "wb", buffering=0) as file:
        file.truncate(0)
        write_whole(file.fileno(), content)
        if mode is not None:
            os.fchmod(file.fileno(), mode)


def append_to_named_file(path: Path | str, content: bytes) -> None:
    """Append to a regular file, which is made when it is missing; never blocks. Raises `OSError`."""
    with open(_open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab", buffering=0) as file:
        write_whole(file.fileno(), content)


def _read(file: FileIO, limit: int) -> bytes:
    pieces: list[bytes] = []
    while limit and (piece := file.read(min(limit, _PIECE_BYTES))):
        pieces.append(piece)
        limit -= len(piece)
    return b"".join(pieces)


def _open_regular(path: Path | str, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in {errno.ENXIO, errno.EISDIR}:  # a FIFO without a reader, a socket, a directory to write to
            raise _not_regular(path, os.stat(path).st_mode) from error  # noqa: PTH116 - path may be text
        raise
    found = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(found):
        os.close(descriptor)
        raise _not_regular(path, found)
    return descriptor


def _too_large(path: Path | str, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than the {limit:,} bytes that such a file may have", str(path))


def _not_regular(path: Path | str, mode: int) -> OSError:
    kind = _KINDS.get(stat.S_IFMT(mode), "something else")
    return OSError(errno.EINVAL, f"it is {kind} and no regular file", str(path))
