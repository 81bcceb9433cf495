"""Copying an earlier attempt's results directory into another one; its journal is copied last."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from prodigy_action.adapters.files.below import sync_directory
from prodigy_action.adapters.results.run_log_file import RUN_LOG
from prodigy_action.adapters.results.state_store import unwritable

JOURNAL = "events.jsonl"
IMPORTING = "importing"
"""The directory for incoming files until all of them are on disk."""
TAKEN_OVER = ("logs", "patches", "state", "commits.bundle", RUN_LOG, JOURNAL)


def import_results(source: Path, target: Path) -> None:
    """Copy what a resumed run needs. If it is killed, `target` has no journal yet and `source` is unchanged.

    Blocks. Raises `ResultsUnwritable`.
    """
    staging = target / IMPORTING
    try:
        staging.mkdir()
        for name in TAKEN_OVER:
            if (source / name).is_dir():
                shutil.copytree(source / name, staging / name, ignore=_links)
            elif (source / name).is_file():
                shutil.copyfile(source / name, staging / name)
        _sync_all(staging)
        for name in TAKEN_OVER:
            if (staging / name).exists():
                if (target / name).is_dir():
                    shutil.rmtree(target / name)
                (staging / name).rename(target / name)
        staging.rmdir()
        sync_directory(target)
    except OSError as error:
        raise unwritable(IMPORTING, error) from error


def _links(directory: str, names: list[str]) -> set[str]:
    """No file of ours is a link: later writes must go to files in this directory."""
    return {name for name in names if Path(directory, name).is_symlink()}


def _sync_all(directory: Path) -> None:
    for root, _, names in os.walk(directory):
        for name in names:
            with Path(root, name).open("rb") as file:
                os.fsync(file.fileno())
        sync_directory(Path(root))
