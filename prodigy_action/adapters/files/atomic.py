"""Files that are replaced as a whole: a reader sees the old content or the new one, whenever we are killed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePath

from prodigy_action.adapters.files.below import directory_below, open_below
from prodigy_action.adapters.files.writing import write_whole


def replace_file(
    root: Path,
    path: str,
    content: bytes | Iterable[bytes],
    *,
    durable: bool,
    mode: int = 0o644,
    temporary: str | None = None,
) -> None:
    """Write the file `path` of `root`, atomically; missing directories below `root` are made.

    No link below `root` is followed, and one in the place of the file is replaced. `durable` brings file and entry to
    the disk. `temporary` is the name that the file has before it is complete, `….partial` by default. Raises
    `OSError`; then the old file is as it was.
    """
    place = PurePath(path)
    partial = temporary or f"{place.name}.partial"
    with directory_below(root, str(place.parent), make=True) as directory:
        with suppress(FileNotFoundError):
            os.unlink(partial, dir_fd=directory)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(partial, flags, mode, dir_fd=directory), "wb") as file:
                for piece in (content,) if isinstance(content, bytes) else content:
                    file.write(piece)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(partial, place.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            with suppress(OSError):
                os.unlink(partial, dir_fd=directory)
            raise
        if durable:
            os.fsync(directory)


def replace_own_file(path: str, content: bytes, *, temporary: str, mode: int = 0o644) -> None:
    """Write a file into a directory that is the program's alone, atomically; missing directories are made.

    `temporary` is its path before it is complete. For many small files: `replace_file` looks for links on the way, and
    takes ten times as long. Nothing is brought to the disk. Raises `OSError`.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(temporary, flags, mode)
    except (FileNotFoundError, FileExistsError):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(temporary).unlink(missing_ok=True)
        descriptor = os.open(temporary, flags, mode)
    try:
        try:
            write_whole(descriptor, content)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)  # noqa: PTH105 - a third of the time
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def pieces_of(path: Path, size: int = 1 << 20) -> Iterable[bytes]:
    """The content of a file of ours, in pieces of at most `size` bytes. Raises `OSError`."""
    with open(open_below(path.parent, path.name, os.O_RDONLY), "rb") as file:
        while piece := file.read(size):
            yield piece
