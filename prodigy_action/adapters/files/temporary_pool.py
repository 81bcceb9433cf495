"""A directory that lives as long as a run: locked while in use, swept by the next run when its owner died."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import struct
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "prodigy-pool-"
_UNLOCKED_PREFIX = "prodigy-new-pool-"
_LOCK = "pool.lock"
_TRIES = 100
_FLAGS = struct.Struct("l")
_GET_FLAGS, _SET_FLAGS = 0x8008_6601, 0x4008_6602
_TOP_DIRECTORY = 0x0002_0000
"""What chattr(1) calls T: the directories inside have nothing to do with each other."""


@contextmanager
def temporary_pool(directory: str | None = None) -> Iterator[str]:
    """A new directory below `directory` (the system's temporary one by default), removed at the end with all in it."""
    parent = Path(directory or tempfile.gettempdir()).resolve()
    sweep_pools(parent)
    root, lock = _locked_directory(parent)
    try:
        try:
            spread_below(root)
            yield str(root)
        finally:
            with suppress(OSError):  # such as an immutable file of an agent: the run itself is done, and well
                remove_tree(str(root))
    finally:
        os.close(lock)


def _locked_directory(parent: Path) -> tuple[Path, int]:
    """A new directory and the descriptor that locks it; made anew when another run swept it before it was locked."""
    for _ in range(_TRIES):
        new = Path(tempfile.mkdtemp(prefix=_UNLOCKED_PREFIX, dir=parent))
        with suppress(FileNotFoundError):
            lock = os.open(new / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                # Only a locked directory gets the name under which a lock that can be had means a run that is no more.
                return new.rename(parent / new.name.replace(_UNLOCKED_PREFIX, _PREFIX)), lock
            except BaseException:
                os.close(lock)
                raise
    raise FileNotFoundError(errno.ENOENT, "directories are removed as soon as they are made", str(parent))


def spread_below(directory: str | Path) -> None:
    """Ask the file system to keep what directories below this one hold apart from each other; not all know how.

    On ext4 files made near a place where many were removed lately take many times as long: in a temporary directory
    that is everywhere unless directories are spread over the disk.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flags = bytearray(_FLAGS.size)
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
        fcntl.ioctl(descriptor, _SET_FLAGS, _FLAGS.pack(_FLAGS.unpack(flags)[0] | _TOP_DIRECTORY))
    except OSError:
        return
    finally:
        os.close(descriptor)


def sweep_pools(parent: str | Path) -> None:
    """Remove what runs that are no more left below `parent`."""
    for directory in Path(parent).glob(f"{_UNLOCKED_PREFIX}*"):
        with suppress(OSError):  # there is something in it, or it is another user's
            directory.rmdir()
    for path in (*Path(parent).glob(f"{_PREFIX}*/{_LOCK}"), *Path(parent).glob(f"{_UNLOCKED_PREFIX}*/{_LOCK}")):
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # another user's, or just removed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            with suppress(OSError):  # what nobody can remove must not keep every later run from starting
                remove_tree(str(path.parent))
        finally:
            os.close(lock)


def clear_away(path: str) -> None:
    """Remove a file or a directory; what cannot be removed (an immutable file in it) gets another name.

    Raises `OSError` when not even that is possible.
    """
    try:
        remove_tree(path)
    except OSError:
        Path(path).rename(f"{path}.{uuid.uuid4().hex}.lost")


def remove_tree(path: str | bytes) -> None:
    """Remove a file or a directory with all in it, also what its modes protect; what is absent is fine."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        Path(os.fsdecode(path)).unlink()
        return
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except RecursionError:
        _remove_deep_tree(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            _remove_deep_tree(path)
        else:
            unlock_directories(path)
            shutil.rmtree(path)


def _remove_deep_tree(path: str | bytes) -> None:
    """Remove directories nested deeper than Python can follow, or than a path can tell."""
    subprocess.run(["chmod", "-R", "u+rwx", "--", path], capture_output=True, check=False)
    done = subprocess.run(["rm", "-rf", "--", path], capture_output=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{os.fsdecode(path)!r} cannot be removed: {os.fsdecode(done.stderr)[-500:]}")


def unlock_directories(path: str | bytes) -> None:
    """Give ourselves full access to a directory and all below it. Raises `OSError` when they are not ours."""
    left = [os.fsencode(path)]
    while left:
        directory = left.pop()
        mode = stat.S_IMODE(os.lstat(directory).st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(directory, mode | stat.S_IRWXU)  # noqa: PTH101 - of bytes
        with os.scandir(directory) as entries:
            left += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
