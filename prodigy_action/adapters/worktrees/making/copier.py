"""A program that writes the files of worktrees: it reads them once, and then makes a child for each worktree.

It is started by its path, without the rest of the package, so that it starts quickly. A file is copied only if git's
own checkout certainly writes the same: git wrote it in this run, and nobody has touched it since, as the index shows
that git wrote then; and its content is that of the object, so no filter has changed it.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import stat
import struct
import sys
import time
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap

COMPLETE, PARTIAL, REFUSED, END = b"c", b"p", b"r", b"\0end"
"""How an answer begins (all files are there, or git has to add some, or nothing was made), and how it ends."""
VERSION = b"DIRC\0\0\0\2"
"""How an index begins that can be read here."""
_HEAD = 12
_BEFORE_MODE, _MODE_ITSELF, _AFTER_MODE = struct.Struct(">6I"), struct.Struct(">I"), struct.Struct(">3I")
_MODE, _OWNER, _OBJECT = 24, 28, 40
"""Where these are in an entry; before them are the two times and the inode, and all but the mode is of the file."""
_WORD = 0xFFFF_FFFF
_LENGTH = 0xFFF
_FILE, _EXECUTABLE, _LINK, _REPOSITORY = 0o100644, 0o100755, 0o120000, 0o160000
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BATCH = 1 << 20
_LARGEST_FILE = 1 << 27
_LONGEST_REQUEST = 1 << 16
_YOUNGEST_NS = 2_000_000_000
"""How old the files are at least: git compares the content of every file that is not older than its index, in whole
seconds, and would read all of them for the first items.
"""
_WORTH = 2
"""If less than one in so many files can be copied, git should make them all."""


class Unusable(Exception):
    """Nothing can be copied."""


class Stock:
    """The files of a worktree: what to make, its content, and the index that git wrote for them."""

    def __init__(self, root: bytes, left_out: frozenset[bytes], index: bytes, store: Store) -> None:
        """Read the files below `root` that are as git's `index` says, but for those `left_out`.

        Raises `OSError`, `Unusable`.
        """
        if not index.startswith(VERSION):
            raise Unusable("an index of another version")
        self._store = store
        size = hashlib.sha1(usedforsecurity=False).digest_size
        self._steps: list[tuple[bytes, int, int | bytes, int, int]] = []
        """Of each path, in the order of the index: its mode, its content, and the place of its entry."""
        object_ids = struct.Struct(f"{size}s")
        os.chdir(root)
        kept: list[bytes] = []
        length, count = _HEAD, int.from_bytes(index[8:12], "big")
        for entry, path in _entries(index, count, size):
            (mode,) = _MODE_ITSELF.unpack_from(entry, _MODE)
            (object_id,) = object_ids.unpack_from(entry, _OBJECT)
            content = None if path in left_out else self._content(entry, mode, object_id, path)
            if content is not None:
                self._steps.append((path, mode, *content, length))
                kept.append(entry)
                length += len(entry)
        if len(kept) * _WORTH < count or not kept:
            raise Unusable("few files are as git wrote them")
        self.complete = len(kept) == count
        self._index = index[:-size] if self.complete else VERSION + len(kept).to_bytes(4, "big") + b"".join(kept)
        store.finish()

    def _content(self, entry: bytes, mode: int, object_id: bytes, path: bytes) -> tuple[int | bytes, int] | None:
        """Where the content is in the store, and its size, or the target of a link; None for what git has to make."""
        if mode == _REPOSITORY:
            return 0, 0
        try:
            if mode == _LINK:
                target = os.readlink(path)  # noqa: PTH115 - pathlib takes as long to import as this program to start
                found = os.lstat(path)
                return (target, 0) if self._is_object(entry, found, target, object_id) else None
            if mode not in (_FILE, _EXECUTABLE):
                return None
            file = os.open(path, _READ)
            try:
                found = os.fstat(file)
                if not stat.S_ISREG(found.st_mode) or found.st_size > min(_LARGEST_FILE, self._store.room):
                    return None
                content = os.read(file, found.st_size + 1)
            finally:
                os.close(file)
        except OSError:  # it is gone, or of another kind
            return None
        if not self._is_object(entry, found, content, object_id):
            return None
        return self._store.add(content), len(content)

    def _is_object(self, entry: bytes, found: os.stat_result, content: bytes, object_id: bytes) -> bool:
        before, after = _facts(found)
        if _BEFORE_MODE.unpack_from(entry) != before or _AFTER_MODE.unpack_from(entry, _OWNER) != after:
            return False
        hashed = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
        hashed.update(content)
        return hashed.digest() == object_id

    def make(self, root: bytes, index_path: bytes, owner: tuple[int, int] | None) -> bytes:
        """Write the files into the empty directory `root`, and their index; the facts of all but the root, as the scan
        writes them. Raises `OSError`.
        """
        os.chdir(root)
        index = bytearray(self._index)
        facts: list[bytes] = []
        directories: dict[bytes, None] = {b"": None}
        contents = memoryview(self._store.contents)
        written = time.time_ns() - _YOUNGEST_NS
        for path, mode, content, size, place in self._steps:
            directory = path.rpartition(b"/")[0]
            if directory not in directories:
                _make_directories(directory, directories)
            if isinstance(content, bytes):
                os.symlink(content, path)  # noqa: PTH211 - as above, no pathlib
                os.utime(path, ns=(written, written), follow_symlinks=False)
            elif mode == _REPOSITORY:
                directories[path] = None
                os.mkdir(path)  # noqa: PTH102 - as above, no pathlib
            else:
                file = os.open(path, _MAKE, 0o777 if mode == _EXECUTABLE else 0o666)
                try:
                    _write(file, contents[content : content + size])
                    os.utime(file, ns=(written, written))
                finally:
                    os.close(file)
            if owner is not None:
                os.lchown(path, *owner)
            found = os.lstat(path)
            before, after = _facts(found)
            _BEFORE_MODE.pack_into(index, place, *before)
            _AFTER_MODE.pack_into(index, place + _OWNER, *after)
            if mode != _REPOSITORY:
                seconds, rest = divmod(found.st_ctime_ns, 1_000_000_000)
                kind = b"l" if mode == _LINK else b"f"
                known = (kind, found.st_ino, seconds, rest, found.st_size, found.st_mode & 0o7777, path)
                facts.append(b"%s %d %d.%09d0 %d %o\t%s" % known)
        del directories[b""]
        for directory in directories:
            if owner is not None:
                os.lchown(directory, *owner)
            found = os.lstat(directory)
            facts.append(b"d %o %d %d\t%s" % (found.st_mode & 0o7777, found.st_uid, found.st_gid, directory))
        index += hashlib.sha1(index, usedforsecurity=False).digest()
        file = os.open(index_path, _MAKE, 0o666)
        try:
            _write(file, memoryview(index))
        finally:
            os.close(file)
        return b"\0".join(facts)


class Store:
    """Contents one after another, in a file without a name: nobody else can change it, nothing has to remove it."""

    def __init__(self, directory: bytes, limit: int) -> None:
        """`limit` is the most bytes of it. Raises `OSError`."""
        name = b"%s/contents-%d" % (directory, os.getpid())
        self._file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.unlink(name)  # noqa: PTH108 - as above, no pathlib
        self._limit = limit
        self._size = self._waiting = 0
        self._parts: list[bytes] = []
        self.contents: mmap | bytes = b""

    @property
    def room(self) -> int:
        """The bytes that still can be added."""
        return self._limit - self._size

    def add(self, content: bytes) -> int:
        """Add a content, and return where it begins."""
        self._parts.append(content)
        self._size += len(content)
        self._waiting += len(content)
        if self._waiting >= _BATCH:
            self._flush()
        return self._size - len(content)

    def finish(self) -> None:
        """Make `contents` what was added."""
        self._flush()
        if self._size:
            self.contents = mmap(self._file, self._size, access=ACCESS_READ)

    def _flush(self) -> None:
        _write(self._file, memoryview(b"".join(self._parts)))
        self._parts.clear()
        self._waiting = 0


def _entries(index: bytes, count: int, hash_size: int) -> Iterator[tuple[bytes, bytes]]:
    """Each entry of an index with its path."""
    place = _HEAD
    for _ in range(count):
        flags_place = place + _OBJECT + hash_size
        flags = int.from_bytes(index[flags_place : flags_place + 2], "big")
        if flags & ~_LENGTH:
            raise Unusable("an index with entries in another state")
        name = flags_place + 2
        end = name + flags if flags < _LENGTH else index.index(b"\0", name)
        following = place + (end - place + 8 & ~7)
        yield index[place:following], index[name:end]
        place = following


def _facts(found: os.stat_result) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What an entry of an index says of a file: before its mode, and after it."""
    changed, change_rest = divmod(found.st_ctime_ns, 1_000_000_000)
    written, write_rest = divmod(found.st_mtime_ns, 1_000_000_000)
    inode = (found.st_dev & _WORD, found.st_ino & _WORD)
    before = (changed & _WORD, change_rest, written & _WORD, write_rest, *inode)
    return before, (found.st_uid & _WORD, found.st_gid & _WORD, found.st_size & _WORD)


def _make_directories(path: bytes, made: dict[bytes, None]) -> None:
    above = path.rpartition(b"/")[0]
    if above not in made:
        _make_directories(above, made)
    os.mkdir(path)  # noqa: PTH102 - as above, no pathlib
    made[path] = None


def _write(file: int, content: memoryview) -> None:
    while content:
        content = content[os.write(file, content) :]


def _answer(stock: Stock | None, request: bytes, why: str) -> bytes:
    """What a child does: make one worktree."""
    if stock is None:
        return REFUSED + why.encode("utf-8", "backslashreplace")
    root, index_path, user, group = request.split(b"\0")
    try:
        facts = stock.make(root, index_path, (int(user), int(group)) if user else None)
    except OSError as error:
        return REFUSED + str(error).encode("utf-8", "backslashreplace")
    return (COMPLETE if stock.complete else PARTIAL) + facts


def serve(requests: socket.socket, stock: Stock | None, why: str) -> None:
    """Answer each request in a child, through the socket that comes with it, until nobody can make requests.

    Children that work are ended then.
    """
    children: set[int] = set()
    while True:
        request, files, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 1)
        if not request:
            for child in children:
                os.kill(child, signal.SIGKILL)
        while children and (ended := os.waitpid(-1, os.WNOHANG if request else 0)[0]):
            children.discard(ended)
        if not request:
            return
        if (child := os.fork()) == 0:
            try:
                with socket.socket(fileno=files[0]) as answers:
                    answers.sendall(_answer(stock, request, why) + END)
            finally:
                os._exit(0)
        children.add(child)
        for file in files:
            os.close(file)


def main() -> None:
    """Read on standard input what to copy, and answer requests through the socket whose number is the argument."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    root, directory, limit, count, rest = sys.stdin.buffer.read().split(b"\0", 4)
    *left_out, index = rest.split(b"\0", int(count))
    stock, why = None, ""
    try:
        stock = Stock(root, frozenset(left_out), index, Store(directory, int(limit)))
    except (OSError, Unusable, ValueError) as error:
        why = str(error)
    serve(requests, stock, why)


if __name__ == "__main__":
    main()
