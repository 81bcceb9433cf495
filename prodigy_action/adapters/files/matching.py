"""Files of a directory tree that a glob matches."""

from __future__ import annotations

import glob
import os
from pathlib import Path


def matching_files(pattern: str, repository: Path) -> list[str]:
    """The files of a repository that a glob matches, relative to it and sorted; none of git's own."""
    names = glob.glob(pattern, root_dir=repository, recursive=True)  # noqa: PTH207 # Path.glob has no rules for dots
    files = (os.path.normpath(name) for name in names)
    return sorted(name for name in files if name.split("/")[0] != ".git" and (repository / name).is_file())
