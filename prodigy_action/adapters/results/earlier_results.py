"""Results of earlier runs: the directories into which they were moved, `NAME.1` and so on beside the last one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.adapters.results.state_store import STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierResults:
    """The results directory of an earlier run, its size in bytes, and whether its run can still be resumed."""

    path: Path
    size: int
    unfinished: bool


def earlier_results(last: Path, *, is_unfinished: Callable[[Path], bool]) -> list[EarlierResults]:
    """The results that were moved out of the way of the directory `last`, by number.

    A link is none, and neither is a directory without a journal. Raises `OSError` for an unreadable directory.
    """
    name = re.compile(re.escape(last.name) + r"\.([0-9]+)")
    found: list[tuple[int, Path]] = []
    with os.scandir(last.parent) as entries:
        for entry in entries:
            match = name.fullmatch(entry.name)
            path = Path(entry.path)
            if match and entry.is_dir(follow_symlinks=False) and (path / JOURNAL).is_file():
                found.append((int(match[1]), path))
    return [
        EarlierResults(path=path, size=_size(path), unfinished=(path / STATE).is_dir() or is_unfinished(path))
        for _, path in sorted(found)
    ]


def remove_results(results: EarlierResults) -> None:
    """Remove the directory and all that is in it; a link in it is removed and not followed. Raises `OSError`."""
    shutil.rmtree(results.path)


def _size(directory: Path) -> int:
    return sum(Path(top, name).lstat().st_size for top, _, names in os.walk(directory) for name in names)
