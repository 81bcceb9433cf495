"""A directory that lives as long as a run: locked while in use, removed by the next run when its owner was killed."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prodigy_action.adapters.files.placement import spread_below
from prodigy_action.adapters.files.removal import remove_side_by_side, remove_small
from prodigy_action.pure.text.cutting import cut_start

_PREFIX = "prodigy-pool-"
_UNLOCKED_PREFIX = "prodigy-new-pool-"
_LOCK = "pool.lock"
_TRIES = 100


@contextmanager
def temporary_pool(directory: str | None = None, *, keep: bool = False) -> Iterator[str]:
    """A new directory below `directory` (the system's temporary one by default); at the end it is removed with its
    content, unless it is to be kept: then the next pool below the same directory removes it.
    """
    parent = Path(directory or tempfile.gettempdir()).resolve()
    sweep_pools(parent)
    root, lock = _locked_directory(parent)
    try:
        try:
            spread_below(root)
            yield str(root)
        finally:
            with suppress(OSError):  # an immutable file, for example, does not make the run fail
                if not keep:
                    _remove_pool(root)
    finally:
        os.close(lock)


def _locked_directory(parent: Path) -> tuple[Path, int]:
    """A new directory and the descriptor that locks it; made again when another run removed it before it was locked."""
    for _ in range(_TRIES):
        new = Path(tempfile.mkdtemp(prefix=_UNLOCKED_PREFIX, dir=parent))
        with suppress(FileNotFoundError):
            lock = os.open(new / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                # Only a locked directory gets the final name; so a directory of that name without a lock belongs to an
                # ended run.
                return new.rename(parent / new.name.replace(_UNLOCKED_PREFIX, _PREFIX)), lock
            except BaseException:
                os.close(lock)
                raise
    raise FileNotFoundError(errno.ENOENT, "directories are removed as soon as they are made", str(parent))


def sweep_pools(parent: str | Path) -> None:
    """Remove the directories that ended runs left below `parent`."""
    for directory in Path(parent).glob(f"{_UNLOCKED_PREFIX}*"):
        with suppress(OSError):  # it is not empty, or it belongs to another user
            directory.rmdir()
    for path in (*Path(parent).glob(f"{_PREFIX}*/{_LOCK}"), *Path(parent).glob(f"{_UNLOCKED_PREFIX}*/{_LOCK}")):
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # it belongs to another user, or was just removed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            with suppress(OSError):  # a file that cannot be removed must not keep later runs from starting
                _remove_pool(path.parent)
        finally:
            os.close(lock)


def _remove_pool(root: Path) -> None:
    """Remove a pool, its lock last: what a killed removal leaves has a lock that no run holds, and is swept later.

    Raises `OSError` when something cannot be removed.
    """
    problem: OSError | None = None
    remove_side_by_side(root, besides=_LOCK)
    for entry in root.iterdir():
        try:
            if entry.name != _LOCK:
                remove_tree(str(entry))
        except OSError as error:
            problem = error
    if problem is not None:
        raise problem
    # Without its lock, a directory of this other name belongs to an ended run.
    left = root.rename(root.with_name(root.name.replace(_PREFIX, _UNLOCKED_PREFIX, 1)))
    remove_tree(str(left))


def clear_away(path: str) -> None:
    """Remove a file or a directory; a directory that cannot be removed (an immutable file in it) is renamed.

    Raises `OSError` when renaming fails too.
    """
    try:
        remove_tree(path)
    except OSError:
        Path(path).rename(f"{path}.{uuid.uuid4().hex}.lost")


def remove_tree(path: str | bytes) -> None:
    """Remove a file or a directory with its content, also protected files; a missing path is ignored."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        os.unlink(path)  # noqa: PTH108 - of bytes, and a third of the time
        return
    try:
        if not remove_small(path):
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
    """Remove directories that are nested deeper than Python's recursion, or than the length of a path, allows."""
    subprocess.run(["chmod", "-R", "u+rwx", "--", path], capture_output=True, check=False)
    done = subprocess.run(["rm", "-rf", "--", path], capture_output=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{os.fsdecode(path)!r} cannot be removed: {cut_start(os.fsdecode(done.stderr), 500)}")


def unlock_directories(path: str | bytes) -> None:
    """Give this user full access to a directory and everything below it. Raises `OSError` for files of other users."""
    left = [os.fsencode(path)]
    while left:
        directory = left.pop()
        mode = stat.S_IMODE(os.lstat(directory).st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(directory, mode | stat.S_IRWXU)  # noqa: PTH101 - of bytes
        with os.scandir(directory) as entries:
            left += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
