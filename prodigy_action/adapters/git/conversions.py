"""The files that say how git changes contents when it checks them out, besides those that are checked out."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from prodigy_action.adapters.files.named_file import read_named_file

_ATTRIBUTES_FILE = re.compile(rb'^\[core\]\n\tattributesfile = "(.*)"$', re.MULTILINE | re.IGNORECASE)
_MOST_BYTES = 1 << 24
_SYSTEM = "/etc/gitattributes"


def conversions_of(git_dir: str) -> tuple[bytes, ...]:
    """The content of these files for the repository at `git_dir`, whose configuration the program has written, first
    that of the configuration. What cannot be read counts as empty.
    """
    configuration = _content(f"{git_dir}/config")
    found = _ATTRIBUTES_FILE.findall(configuration)
    named = os.fsdecode(found[-1]) if found else f"{os.environ.get('XDG_CONFIG_HOME') or '~/.config'}/git/attributes"
    named = os.path.expanduser(named)  # noqa: PTH111 - without a home directory, that of pathlib raises
    return (configuration, *map(_content, (named, f"{git_dir}/info/attributes", _SYSTEM)))


def _content(path: str) -> bytes:
    with suppress(OSError, ValueError):
        return read_named_file(Path(path), limit=_MOST_BYTES)
    return b""
