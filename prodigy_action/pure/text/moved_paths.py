"""Paths inside files of installed environments: a copy of the environment must name the copy, not the original."""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes

LARGEST = 1 << 20
"""Bytes of a file whose paths are changed."""

_ENVIRONMENT_FILE = re.compile(
    rb"(?:^|/)(?:pyvenv\.cfg|direct_url\.json|[^/]+\.(?:pth|egg-link)|"
    rb"(?:site|dist)-packages/[^/]*editable[^/]*\.py|\.?bin/[^/]+)$"
)
_COMPILED = (b".pyc", b".pyo")
_NOT_IN_A_NAME = rb"[\w.-]"


def is_environment_file(path: bytes) -> bool:
    """Whether tools that install packages write whole paths into the file: those of Python, and programs in `bin`."""
    return _ENVIRONMENT_FILE.search(path) is not None


def may_name_places(path: bytes) -> bool:
    """Whether a path inside the file may matter; compiled Python names its source for messages alone."""
    return not path.endswith(_COMPILED)


def with_moved_paths(content: bytes, before: bytes, after: bytes) -> bytes:
    """The content with the directory `after` wherever it names `before` or something below it.

    Content that is no text stays as it is.
    """
    if b"\0" in content:
        return content
    # As a path, and as a part of an address.
    forms = {quote_from_bytes(before).encode(): quote_from_bytes(after).encode(), before: after}
    for old, new in forms.items():
        if old in content:
            content = _pattern(old).sub(lambda _, new=new: new, content)  # type: ignore[misc]  # bound now
    return content


def names(content: bytes, directory: bytes) -> bool:
    """Whether the content names the directory or something below it."""
    return directory in content and _pattern(directory).search(content) is not None


def _pattern(path: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<!" + _NOT_IN_A_NAME + rb")" + re.escape(path) + rb"(?!" + _NOT_IN_A_NAME + rb")")
