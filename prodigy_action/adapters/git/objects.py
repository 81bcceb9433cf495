"""Objects of the private repository, read and written in this process: starting git for each would take longer."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.files.atomic import replace_own_file
from prodigy_action.adapters.git.bounded_cache import BoundedCache
from prodigy_action.adapters.git.calls import GitCalls, GitError, SparedGit
from prodigy_action.adapters.git.object_packs import deflated
from prodigy_action.adapters.git.tree_rows import DIRECTORY as DIRECTORY  # other modules take these from here
from prodigy_action.adapters.git.tree_rows import Entry as Entry
from prodigy_action.adapters.git.tree_rows import Tree, TreeRows, changed_tree, rows_of
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
SUBMODULE = b"160000"
SYMLINK = b"120000"
EXECUTABLE = b"100755"

_CACHED_ENTRIES = 200_000
"""Entries of all directories that are remembered."""
_CACHED_BYTES = 1 << 22
_SMALL = 1 << 16
"""Bytes of a content that is worth being remembered."""
_LARGEST_COMMIT = 1 << 26
_MOST_IMPORTED = 500_000
"""Loose objects that are looked at one by one; of more, git takes what is needed."""
_KINDS = (b"blob", b"tree", b"commit", b"tag")
_HEADER_BYTES = 64
_BLOCK = 1 << 20
_COMPRESSED_HEADER_BYTES = 4_096
"""The code tables of a deflated block come before its first byte and take up to 600 bytes."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The parts of a commit; `author` and `committer` are whole header values, `encoding` is None for UTF-8."""

    tree: str
    parents: tuple[str, ...]
    author: bytes
    committer: bytes
    message: bytes
    encoding: bytes | None = None


class GitObjects:
    """Reads any object that the repository reaches, writes loose ones. Safe to share between threads."""

    def __init__(self, git: GitCalls, directory: str) -> None:
        self._reader = SparedGit(git.cwd)
        self._reader.update_environment(**git.reading_environment())
        self._directory = directory
        self._lock = threading.Lock()
        self._trees = BoundedCache[Tree](_CACHED_ENTRIES)
        self._rows = BoundedCache[TreeRows](_CACHED_ENTRIES)
        self._contents = BoundedCache[tuple[str, bytes]](_CACHED_BYTES)

    def close(self) -> None:
        """End the reading process."""
        with self._lock:
            self._reader.clear_cache()

    def read(self, object_id: str, *, at_most: int | None = None) -> tuple[str, bytes]:
        """The type and content of an object. Raises `GitFailed` when it is missing, damaged or above `at_most`."""
        found = self._contents.get(object_id)
        if found is None:
            found = self._read(object_id, at_most)
            self._note(object_id, *found)
        elif at_most is not None and len(found[1]) > at_most:
            raise _too_large(object_id, at_most)
        return found

    def import_loose(self, source: str) -> bool:
        """Take the loose objects of another object directory, as `import_loose` does. Raises `OSError`."""
        return import_loose(source, self._directory, self._note)

    def _note(self, object_id: str, kind: str, content: bytes) -> None:
        if len(content) <= _SMALL:
            self._contents.put(object_id, (kind, content), len(content))

    def _read(self, object_id: str, at_most: int | None) -> tuple[str, bytes]:
        try:
            compressed = Path(self._loose(object_id)).read_bytes()
        except FileNotFoundError:
            if at_most is not None and self.kind_and_size(object_id)[1] > at_most:
                raise _too_large(object_id, at_most) from None
            return self._read_anywhere(object_id)
        inflate = zlib.decompressobj()
        whole = inflate.decompress(compressed, 0 if at_most is None else at_most)
        header, _, content = whole.partition(b"\0")
        kind, _, size = header.partition(b" ")
        if not inflate.eof:
            raise _too_large(object_id, at_most or 0)
        if size != b"%d" % len(content) or hashlib.sha1(whole, usedforsecurity=False).hexdigest() != object_id:
            raise GitFailed(f"object {object_id} is damaged")
        return kind.decode(), content

    def kind_and_size(self, object_id: str) -> tuple[str, int]:
        """The type of an object and the bytes of its content. Raises `GitFailed` when it is missing."""
        known = self._contents.get(object_id)
        if known is not None:
            return known[0], len(known[1])
        header = self._loose_header(object_id)
        if header:
            kind, _, size = header.partition(b" ")
            return kind.decode(), int(size)
        with self._lock:
            try:
                _, found, length = self._reader.get_object_header(object_id.encode())
            except (ValueError, OSError, GitError) as error:
                raise GitFailed(f"object {object_id} cannot be read: {error}") from error
        return str(cast("bytes", found), "ascii"), length

    def is_sound(self, object_id: str) -> bool:
        """Whether a loose object of this repository is what its name says; an object from elsewhere counts as sound."""
        path = self._loose(object_id)
        return not Path(path).exists() or _is_sound(path, object_id)

    def _read_anywhere(self, object_id: str) -> tuple[str, bytes]:
        with self._lock:
            try:
                _, kind, _, content = self._reader.get_object_data(object_id.encode())
            except (ValueError, OSError, GitError) as error:
                raise GitFailed(f"object {object_id} cannot be read: {error}") from error
        return str(cast("bytes", kind), "ascii"), content

    def tree(self, object_id: str) -> Tree:
        """One directory; the caller must not change it."""
        if object_id == EMPTY_TREE:
            return {}
        if (cached := self._trees.get(object_id)) is not None:
            return cached
        kind, content = self.read(object_id)
        if kind != "tree":
            raise GitFailed(f"object {object_id} is a {kind}, not a tree")
        try:
            tree = _parse_tree(content)
        except ValueError as error:
            raise GitFailed(f"object {object_id} is no whole tree") from error
        self._remember(object_id, tree)
        return tree

    def commit(self, object_id: str) -> Commit:
        """One commit."""
        kind, content = self.read(object_id, at_most=_LARGEST_COMMIT)
        if kind != "commit":
            raise GitFailed(f"object {object_id} is a {kind}, not a commit")
        try:
            return _parse_commit(content)
        except ValueError as error:
            raise GitFailed(f"object {object_id} is no whole commit") from error

    def write_blob(self, content: bytes) -> str:
        """Store the content of a file; returns its id."""
        return self._write("blob", content)

    def write_tree(self, tree: Tree) -> str:
        """Store a directory; returns its id."""
        return self._write_rows(rows_of(tree), tree)

    def write_changed(self, object_id: str, changes: Mapping[bytes, Entry | None]) -> str | None:
        """Store a directory with other entries at some names (None: no entry); returns its id, None when it has no
        entry left.
        """
        before = self.tree(object_id)
        after = changed_tree(before, changes)
        if not after:
            return None
        rows = self._rows.get(object_id) or rows_of(before)
        return self._write_rows(rows.changed(before, changes), after)

    def _write_rows(self, rows: TreeRows, tree: Tree) -> str:
        object_id = self._write("tree", rows.content)
        self._remember(object_id, tree)
        self._rows.put(object_id, rows, len(tree))
        return object_id

    def write_commit(self, commit: Commit) -> str:
        """Store a commit; returns its id."""
        lines = [f"tree {commit.tree}".encode(), *(f"parent {parent}".encode() for parent in commit.parents)]
        lines += [b"author " + commit.author, b"committer " + commit.committer]
        if commit.encoding is not None:
            lines.append(b"encoding " + commit.encoding)
        return self._write("commit", b"\n".join(lines) + b"\n\n" + commit.message)

    def loose_size(self, object_id: str) -> int:
        """The size of the content of a loose object, read from its first bytes; 0 when this repository does not have
        it.
        """
        return int(self._loose_header(object_id).rpartition(b" ")[2] or 0)

    def _loose_header(self, object_id: str) -> bytes:
        """`TYPE SIZE` of a loose object, empty when it is none of this repository."""
        try:
            with open(self._loose(object_id), "rb") as file:
                start = zlib.decompressobj().decompress(file.read(_COMPRESSED_HEADER_BYTES), _HEADER_BYTES)
        except FileNotFoundError:
            return b""
        return start.partition(b"\0")[0]

    def _write(self, kind: str, content: bytes) -> str:
        whole = b"%s %d\0%s" % (kind.encode(), len(content), content)
        object_id = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        path = self._loose(object_id)
        if not os.path.exists(path):  # noqa: PTH110 - a third of the time
            name = f"tmp_obj_{object_id[2:10]}_{threading.get_ident()}"
            temporary = f"{self._directory}/{object_id[:2]}/{name}"
            replace_own_file(path, deflated(whole), temporary=temporary, mode=0o444)
        self._note(object_id, kind, content)
        return object_id

    def _loose(self, object_id: str) -> str:
        return f"{self._directory}/{object_id[:2]}/{object_id[2:]}"

    def _remember(self, object_id: str, tree: Tree) -> None:
        self._trees.put(object_id, tree, len(tree))


def blob_id(content: bytes) -> str:
    """The id that git gives to a file's content."""
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()


def _parse_tree(content: bytes) -> Tree:
    tree: Tree = {}
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space)
        tree[content[space + 1 : end]] = (content[position:space], content[end + 1 : end + 21].hex())
        position = end + 21
    return tree


def _parse_commit(content: bytes) -> Commit:
    headers, _, message = content.partition(b"\n\n")
    tree, parents, author, committer, encoding = "", [], b"", b"", None
    for line in headers.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"tree":
            tree = value.decode()
        elif key == b"parent":
            parents.append(value.decode())
        elif key == b"author":
            author = value
        elif key == b"committer":
            committer = value
        elif key == b"encoding":
            encoding = value
    return Commit(tree, tuple(parents), author, committer, message, encoding)


def _too_large(object_id: str, at_most: int) -> GitFailed:
    return GitFailed(f"object {object_id} is damaged, or larger than {at_most} bytes")


def import_loose(source: str, target: str, note: Callable[[str, str, bytes], None] | None = None) -> bool:
    """Hard-link the loose objects of one object directory into another; each is checked against its name.

    `note` gets id, type and content of those that are small. Returns False when the source holds anything but intact
    loose objects; some of them may have been linked then.
    """
    left = _MOST_IMPORTED
    for fan_out in _entries(source):
        if fan_out.name in ("info", "pack"):
            continue
        if len(fan_out.name) != 2 or not fan_out.is_dir(follow_symlinks=False):
            return False
        with suppress(FileExistsError):
            os.mkdir(f"{target}/{fan_out.name}")  # noqa: PTH102 - a third of the time
        for entry in _entries(fan_out.path):
            if entry.name.startswith("tmp_obj_"):
                continue
            end_if_cancelled()
            left -= 1
            if left < 0 or not _claim(entry) or not _is_sound(entry.path, fan_out.name + entry.name, note):
                return False
            try:
                os.link(entry.path, f"{target}/{fan_out.name}/{entry.name}", follow_symlinks=False)
            except FileExistsError:
                continue
    return not _entries(f"{source}/pack")


def _claim(entry: os.DirEntry[str]) -> bool:
    """Whether the object is a regular file. A file of another user is made ours, so that nobody can change it later."""
    if not entry.is_file(follow_symlinks=False):
        return False
    if os.geteuid() == 0 and entry.stat(follow_symlinks=False).st_uid != 0:
        os.chown(entry.path, 0, 0, follow_symlinks=False)
        Path(entry.path).chmod(0o444)
    return True


def _entries(directory: str) -> list[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return list(entries)


def _is_sound(path: str, object_id: str, note: Callable[[str, str, bytes], None] | None = None) -> bool:
    """Whether the file is a whole object of that id, its header true; read in blocks, whatever it inflates to."""
    kind, block = b"", b""
    digest = hashlib.sha1(usedforsecurity=False)
    inflate = zlib.decompressobj()
    length, declared = 0, -1
    try:
        with open(path, "rb", buffering=0) as file:
            while not inflate.eof:
                end_if_cancelled()
                pending = inflate.unconsumed_tail or file.read(_SMALL)
                block = inflate.decompress(pending, _BLOCK)
                if not pending and not block:
                    return False
                if declared < 0 and block:
                    header, _, _ = block[:_HEADER_BYTES].partition(b"\0")
                    kind, _, size = header.partition(b" ")
                    if kind not in _KINDS or not size.isdigit():
                        return False
                    declared = int(size) + len(header) + 1
                digest.update(block)
                length += len(block)
                if length > declared:
                    return False
            if inflate.unused_data or file.read(1):
                return False
    except (OSError, zlib.error):
        return False
    if length != declared or digest.hexdigest() != object_id:
        return False
    if note is not None and len(block) == length <= _SMALL:
        note(object_id, kind.decode(), block.partition(b"\0")[2])
    return True
