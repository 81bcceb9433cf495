"""Names that some file system takes for `.git` or `.gitmodules`.

HFS+ ignores case and some code points; NTFS ignores case, trailing dots and spaces, has short names (`GIT~1`), and
names streams of a file after a colon.
"""

from __future__ import annotations

import re

_IGNORED_BY_HFS = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_NTFS_GIT = re.compile(rb"(?:\.git|git~1)[. ]*(?:[\\/:].*)?", re.IGNORECASE | re.DOTALL)
_SHORT_PREFIX = b"gi7eba"
_SHORT_NAME_LENGTH = 8


def _fallback_short_names() -> bytes:
    # When four short names are taken, NTFS makes one from a hash: gi7eba~1, gi7eb~12, …
    forms = []
    for kept in range(len(_SHORT_PREFIX) + 1):
        digits = _SHORT_NAME_LENGTH - kept - 2
        forms.append(_SHORT_PREFIX[:kept] + b"~[1-9][0-9]{%d}" % digits)
    return b"|".join(forms)


_NTFS_GITMODULES = re.compile(
    rb"(?:\.gitmodules|gitmod~[1-4]|" + _fallback_short_names() + rb")[. ]*(?::.*)?", re.IGNORECASE | re.DOTALL
)


def means_git(name: bytes) -> bool:
    """Whether the name, or its end behind a backslash, is `.git` for a common file system."""
    return _as_hfs_sees(name) == ".git" or any(map(_NTFS_GIT.fullmatch, _ends(name)))


def means_gitmodules(name: bytes) -> bool:
    """Whether the name, or its end behind a backslash, is `.gitmodules` for a common file system."""
    return _as_hfs_sees(name) == ".gitmodules" or any(map(_NTFS_GITMODULES.fullmatch, _ends(name)))


def _as_hfs_sees(name: bytes) -> str:
    return _IGNORED_BY_HFS.sub("", name.decode("utf-8", "surrogateescape")).lower()


def _ends(name: bytes) -> list[bytes]:
    if b"\\" not in name:
        return [name]
    parts = name.split(b"\\")
    return [b"\\".join(parts[start:]) for start in range(len(parts))]
