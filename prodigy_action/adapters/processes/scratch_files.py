"""The files of one scratch directory, which stay open: they are written for every step."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping

from prodigy_action.adapters.files.coarse_clock import coarse_now
from prodigy_action.adapters.files.writing import write_whole

_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600
_FILES_MOST = 8


class ScratchFiles:
    """The files of a private directory, which is made when it is not there.

    Nothing is trusted that a command may have changed: the files are those that were made here, under their names, as
    long as the time of the directory's last change is the one noted, and each has one name and is private.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._open: dict[str, int] = {}
        self._noted: tuple[int, ...] | None = None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write these files, and have no others in the directory. Raises `OSError`."""
        if not self._unchanged() and not self._holds_ours():
            self._open_again(files)
        elif self._open.keys() != files.keys():
            self._keep(files)
        for name, content in files.items():
            _replace_content(self._open[name], content)
        self._note()

    def empty(self) -> bool:
        """Empty the files; False when the directory is no longer as `write` left it."""
        if not self._open:
            return False
        if not self._unchanged() and not self._holds_ours():
            return False
        return all(_emptied(descriptor) for descriptor in self._open.values())

    def close(self) -> None:
        """Close the files. May be called again."""
        while self._open:
            os.close(self._open.popitem()[1])
        self._noted = None

    def _open_again(self, files: Mapping[str, bytes]) -> None:
        """Make the directory, in the place of one that others changed, and its files."""
        self.close()
        try:
            os.mkdir(self._directory, _PRIVATE_DIRECTORY)  # noqa: PTH102 - for every step, as few objects as possible
        except FileExistsError:
            shutil.rmtree(self._directory, ignore_errors=True)
            os.mkdir(self._directory, _PRIVATE_DIRECTORY)  # noqa: PTH102 - likewise
        self._keep(files)

    def _keep(self, files: Mapping[str, bytes]) -> None:
        for name in self._open.keys() - files.keys():
            os.close(self._open.pop(name))
            os.unlink(f"{self._directory}/{name}")  # noqa: PTH108 - likewise
        for name in files.keys() - self._open.keys():
            # Not emptied by O_TRUNC: ext4 writes a file to the disk at once when it is emptied and written before it is
            # closed.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._open[name] = os.open(f"{self._directory}/{name}", flags, _PRIVATE_FILE)

    def _note(self) -> None:
        """Note the directory's last change, if it is so old that a further one would have another time."""
        facts = os.lstat(self._directory)
        self._noted = _identity(facts) if facts.st_ctime < coarse_now() else None

    def _unchanged(self) -> bool:
        try:
            return self._noted is not None and _identity(os.lstat(self._directory)) == self._noted
        except OSError:
            return False

    def _holds_ours(self) -> bool:
        """Whether the directory is private and has our files under their names, and no others: by looking."""
        try:
            if stat.S_IMODE(os.lstat(self._directory).st_mode) != _PRIVATE_DIRECTORY:
                return False
            return dict(_inodes(self._directory)) == {
                name: os.fstat(descriptor).st_ino for name, descriptor in self._open.items()
            }
        except OSError:
            return False


def _inodes(directory: str) -> Iterator[tuple[str, int]]:
    with os.scandir(directory) as found:
        for number, entry in enumerate(found):
            yield entry.name, entry.inode()
            if number > _FILES_MOST:  # a command made them
                return


def _identity(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_dev, facts.st_ino, facts.st_mode, facts.st_ctime_ns


def _replace_content(descriptor: int, content: bytes) -> None:
    write_whole(descriptor, content, at=0)
    if os.fstat(descriptor).st_size != len(content):
        os.ftruncate(descriptor, len(content))


def _emptied(descriptor: int) -> bool:
    """Empty the file; False when it has another name too, or none, or is not private."""
    facts = os.fstat(descriptor)
    if facts.st_nlink != 1 or facts.st_mode != stat.S_IFREG | _PRIVATE_FILE:
        return False
    if facts.st_size:
        os.ftruncate(descriptor, 0)
    return True
