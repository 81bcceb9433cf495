"""Copying an earlier attempt's results directory into another one; its journal is copied last."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from prodigy_action.adapters.files.below import links_below, make_directory_below, sync_directory
from prodigy_action.adapters.files.copying import SourceUnreadable, copy_below
from prodigy_action.adapters.results.run_log_file import RUN_LOG
from prodigy_action.adapters.results.state_store import unwritable
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.pure.text.reasons import reason_of

JOURNAL = "events.jsonl"
IMPORTING = "importing"
"""The directory for incoming files until all of them are on disk."""
TAKEN_OVER = ("logs", "patches", "state", "commits.bundle", RUN_LOG, JOURNAL)


def import_results(source: Path, target: Path) -> None:
    """Copy what a resumed run needs. If it is killed, `target` has no journal yet and `source` is unchanged.

    No link in `source` is followed. Blocks. Raises `InvalidInput` when it cannot be read, `ResultsUnwritable`.
    """
    staging = target / IMPORTING
    links = links_below(source, TAKEN_OVER)
    if links:
        raise _unusable(source, f"{links[0]!r} in it is a link")
    try:
        make_directory_below(target, IMPORTING)
        for name in TAKEN_OVER:
            copy_below(source, name, staging)
        _sync_all(staging)
        for name in TAKEN_OVER:
            if (staging / name).exists():
                if (target / name).is_dir():
                    shutil.rmtree(target / name)
                (staging / name).rename(target / name)
        staging.rmdir()
        sync_directory(target)
    except SourceUnreadable as error:
        raise _unusable(source, f"{error.filename!r} cannot be copied: {reason_of(error)}") from error
    except OSError as error:
        raise unwritable(IMPORTING, error) from error


def _unusable(source: Path, why: str) -> InvalidInput:
    message = f"the run in {str(source)!r} cannot be resumed: {why}"
    hint = "name a directory that holds the files themselves"
    return InvalidInput([Diagnostic(message, source="input resume-from", hint=hint)])


def _sync_all(directory: Path) -> None:
    for root, _, names in os.walk(directory):
        for name in names:
            with Path(root, name).open("rb") as file:
                os.fsync(file.fileno())
        sync_directory(Path(root))
