"""Files and directories below a root, opened so that no link below the root is followed.

Everything that a run writes into its results directory goes through here: whoever can put a link there, such as a
repository that tracks one, must not lead our files elsewhere.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def directory_below(root: Path, path: str, *, make: bool = False) -> Iterator[int]:
    """A descriptor of the directory `path` of `root`, which may be `.`; `make` creates what is missing.

    No link is followed, neither below `root` nor on the way to it: `root` is a path that has been resolved. Raises
    `OSError`, also for a path that leads out of `root`.
    """
    if PurePath(path).is_absolute() or ".." in PurePath(path).parts:
        raise OSError(errno.EINVAL, "it leads out of its directory", path)
    descriptor = _open_root(root)
    try:
        for name in PurePath(path).parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=descriptor)
            deeper = _open(path, name, _DIRECTORY, descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


def open_below(root: Path, path: str, flags: int, *, mode: int = 0o644, make_directories: bool = False) -> int:
    """A descriptor of the regular file `path` of `root`, opened with `flags`; it never blocks.

    Raises `OSError` for a link, on the way or at the end, and for anything else that is no regular file.
    """
    place = PurePath(path)
    with directory_below(root, str(place.parent), make=make_directories) as directory:
        return open_file_in(directory, place.name, flags, path=path, mode=mode)


def open_file_in(directory: int, name: str, flags: int, *, path: str, mode: int = 0o644) -> int:
    """As `open_below`, in a directory that is open; errors name `path`."""
    hardened = flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = _open(path, name, hardened & ~os.O_TRUNC, directory, mode)
    try:
        _check_regular(descriptor, path)
        if flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


class KeptDirectory:
    """The directory `path` of `root`, opened as `directory_below` does and kept open: for many files."""

    def __init__(self, root: Path, path: str) -> None:
        self._root = root
        self._path = path
        self._place = str(root / path)
        self._descriptor: int | None = None

    def open(self, name: str, flags: int) -> int:
        """A descriptor of one of its files, as `open_below` opens it; the directory is made when it is not there.

        Raises `OSError`.
        """
        if self._descriptor is not None and not self._is_in_place(self._descriptor):
            self.close()  # it was removed or moved away
        if self._descriptor is None:
            with directory_below(self._root, self._path, make=True) as directory:
                self._descriptor = os.dup(directory)
        return open_file_in(self._descriptor, name, flags, path=f"{self._path}/{name}")

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.lstat(self._place), os.fstat(descriptor))
        except OSError:
            return False

    def close(self) -> None:
        """Close the descriptor. May be called again; the next `open` makes a new one."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make_directory_below(root: Path, path: str) -> None:
    """Make a directory, and those on the way to it, unless it is there. Raises `OSError` when it is no directory."""
    with directory_below(root, path, make=True):
        pass


def remove_file_below(root: Path, path: str) -> None:
    """Remove a file or a link, if it is there. Raises `OSError`."""
    place = PurePath(path)
    with suppress(FileNotFoundError), directory_below(root, str(place.parent)) as directory:
        os.unlink(place.name, dir_fd=directory)


def links_below(root: Path, names: tuple[str, ...]) -> list[str]:
    """Those of `names` that are symbolic links in `root`."""
    return [name for name in names if (root / name).is_symlink()]


def remove_directory_below(root: Path, name: str) -> None:
    """Remove a directory with all in it, as far as that is possible; a link is left alone."""
    with suppress(OSError), directory_below(root, ".") as directory:
        shutil.rmtree(name, ignore_errors=True, dir_fd=directory)  # follows no link


def sync_directory(directory: Path) -> None:
    """Bring the entries of a directory to the disk. Raises `OSError`."""
    with directory_below(directory, ".") as descriptor:
        os.fsync(descriptor)


def _open_root(root: Path) -> int:
    """Every directory on the way is opened by itself, for passing alone: it may be one that cannot be listed."""
    passing = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(root.anchor or ".", passing)
    try:
        for name in root.parts[1:] if root.anchor else root.parts:
            deeper = _open(str(root), name, passing, descriptor)
            os.close(descriptor)
            descriptor = deeper
        return os.open(".", _DIRECTORY, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _check_regular(descriptor: int, path: str) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", path)


def _open(path: str, name: str, flags: int, directory: int, mode: int = 0o777) -> int:
    try:
        return os.open(name, flags, mode, dir_fd=directory)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR} and stat.S_ISLNK(_mode(name, directory)):
            raise OSError(error.errno, "a symbolic link is in its place", path) from error
        if error.errno == errno.ENXIO:  # a FIFO that nobody reads, a socket
            raise OSError(error.errno, "it is no regular file", path) from error
        raise


def _mode(name: str, directory: int) -> int:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except OSError:
        return 0
