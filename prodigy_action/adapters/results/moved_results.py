"""Results of earlier runs that made way for a new one: the directories `NAME.1` and so on beside the last one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.results_directory import SOURCE
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.errors import InvalidInput

RESULTS = "results.json"


def numbered(directory: Path, number: int) -> Path:
    """Where results go that make way for those in `directory`; 1 is the latest of them."""
    return directory.with_name(f"{directory.name}.{number}")


def holds_results(directory: Path) -> bool:
    """Whether a run has written into the directory."""
    return (directory / JOURNAL).is_file() or (directory / RESULTS).is_file()


def moved_results(directory: Path) -> list[Path]:
    """The results that made way for those in `directory`, the latest first.

    A link is none of them, and neither is a directory without results. Raises `OSError` for what cannot be read.
    """
    form = re.compile(re.escape(directory.name) + r"\.([1-9][0-9]{0,8})")
    try:
        with os.scandir(directory.parent) as entries:
            found = [entry for entry in entries if form.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    paths = (numbered(directory, number) for number in sorted(int(entry.name.rpartition(".")[2]) for entry in found))
    return [path for path in paths if holds_results(path)]


def in_use(directory: Path) -> bool:
    """Whether a run uses these results."""
    try:
        with locked_directory(directory, source=SOURCE):
            return False
    except InvalidInput:
        return True


def remove_results(directory: Path, *, must_stay: Callable[[Path], bool], locked: bool = False) -> bool:
    """Remove the directory, unless a run uses it or it must stay; whether it was removed.

    `locked`: this process has locked it. A link in it is removed and not followed. Raises `OSError`.
    """
    try:
        with nullcontext() if locked else locked_directory(directory, source=SOURCE):
            if must_stay(directory):
                return False
            shutil.rmtree(directory)
            return True
    except InvalidInput:
        return False


def size_of(directory: Path) -> int:
    """The bytes of the files in it."""
    size = 0
    for top, _, names in os.walk(directory):
        for name in names:
            with suppress(FileNotFoundError):  # a run that uses it may remove it
                size += Path(top, name).lstat().st_size
    return size
