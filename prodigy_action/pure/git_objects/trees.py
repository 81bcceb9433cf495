"""One directory as git stores it: its entries, or what is wrong with it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from prodigy_action.pure.git_objects.reserved_names import means_git, means_gitmodules
from prodigy_action.pure.text.cutting import cut

LONGEST_NAME = 255
"""Bytes; what file systems of Linux take."""
LONGEST_PATH = 3_500
"""Bytes; a checkout in a directory with a long name must still be able to hold the file."""
LONGEST_TARGET = 4_095
"""Bytes of a symbolic link's target; what Linux takes."""

_FILE_MODES = (b"100644", b"100755")
_LINK, _DIRECTORY, _SUBMODULE = b"120000", b"40000", b"160000"
_MODES = frozenset((*_FILE_MODES, _LINK, _DIRECTORY, _SUBMODULE))
_ID_BYTES = 20
_NAMES_REMEMBERED = 1 << 14
_SHOWN = 60


class MalformedObject(ValueError):
    """The content of an object breaks a rule of git's, or cannot be checked out; the message says which."""


class TreeEntry(NamedTuple):
    """One name in a directory; `is_gitmodules`: git would read it as the list of submodules."""

    mode: bytes
    name: bytes
    object_id: str
    is_gitmodules: bool = False

    @property
    def is_directory(self) -> bool:
        """Whether the entry names another tree."""
        return self.mode == _DIRECTORY

    @property
    def is_link(self) -> bool:
        """Whether the entry is a symbolic link."""
        return self.mode == _LINK

    @property
    def is_submodule(self) -> bool:
        """Whether the entry names a commit of another repository."""
        return self.mode == _SUBMODULE


def tree_entries(content: bytes) -> list[TreeEntry]:
    """The entries of a tree. Raises `MalformedObject` for what `git fsck --strict` refuses, and for longer names.

    The rules are those of git's `fsck_tree`, with every mode refused that git itself does not write.
    """
    entries: list[TreeEntry] = []
    names: set[bytes] = set()
    before = b""
    position, size = 0, len(content)
    while position < size:
        space = content.find(b" ", position)
        end = content.find(b"\0", space)
        following = end + 1 + _ID_BYTES
        if space < 0 or end < 0 or following > size:
            raise MalformedObject("a directory ends in the middle of an entry")
        mode, name = content[position:space], content[space + 1 : end]
        order, is_gitmodules = _checked_order(mode, name)
        if order <= before or name in names:
            raise MalformedObject(f"a directory holds {shown(name)} twice, or not in its order")
        names.add(name)
        before = order
        object_id = content[end + 1 : following]
        if not any(object_id):
            raise MalformedObject(f"{shown(name)} names no object")
        if is_gitmodules and mode not in _FILE_MODES:
            raise MalformedObject(f"{shown(name)} is no regular file")
        entries.append(TreeEntry(mode, name, object_id.hex(), is_gitmodules))
        position = following
    return entries


# Directories of one history have mostly the same names.
@lru_cache(_NAMES_REMEMBERED)
def _checked_order(mode: bytes, name: bytes) -> tuple[bytes, bool]:
    """What the entry is sorted by, and whether it is the list of submodules. Raises `MalformedObject` for a name or
    mode that no tree may hold.
    """
    if mode not in _MODES:
        raise MalformedObject(f"{shown(name)} has the mode {shown(mode)}, which git does not write")
    if len(name) > LONGEST_NAME:
        raise MalformedObject(f"the name {shown(name)} has {len(name)} bytes, and {LONGEST_NAME} are the most")
    if not _may_stand(name):
        raise MalformedObject(f"the name {shown(name)} may not stand in a directory")
    return name + b"/" if mode == _DIRECTORY else name, means_gitmodules(name)


def _may_stand(name: bytes) -> bool:
    return name not in (b"", b".", b"..") and b"/" not in name and not means_git(name)


def check_target(content: bytes) -> None:
    """Raise `MalformedObject` for the target of a symbolic link that no file system takes."""
    if not content or b"\0" in content or len(content) > LONGEST_TARGET:
        raise MalformedObject(f"a symbolic link leads to {shown(content)}, which no file system takes")


def shown(name: bytes) -> str:
    """A name for a message: quoted, and no longer than a line."""
    text = name.decode("utf-8", "surrogateescape")
    return repr(cut(text, _SHOWN))
