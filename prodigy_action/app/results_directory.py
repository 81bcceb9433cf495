"""The results directory at the start of a run: ours alone, invisible to git, empty of earlier results."""

from __future__ import annotations

import shutil
from pathlib import Path

from prodigy_action.errors import Diagnostic, InvalidInput

OWN_FILES = ("results.json", "summary.md", "events.jsonl")
OWN_DIRECTORIES = ("logs", "patches")


def prepare_results_directory(directory: Path) -> None:
    """Make the directory and remove what an earlier run left there.

    Raises `InvalidInput` for a directory that holds something else or cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        present = {entry.name for entry in directory.iterdir()}
    except (FileExistsError, NotADirectoryError) as error:
        raise refused_results_directory(directory, "it is no directory") from error
    except OSError as error:
        raise refused_results_directory(directory, _reason(error)) from error
    foreign = present - {*OWN_FILES, *OWN_DIRECTORIES, ".gitignore"}
    if foreign and not present & {"events.jsonl", "results.json"}:
        raise refused_results_directory(
            directory, f"it holds files that are no results, such as {sorted(foreign)[0]!r}"
        )
    try:
        for name in OWN_FILES:
            (directory / name).unlink(missing_ok=True)
        for name in OWN_DIRECTORIES:
            shutil.rmtree(directory / name, ignore_errors=True)
            (directory / name).mkdir()
        (directory / ".gitignore").write_text("*\n")
    except OSError as error:
        raise refused_results_directory(directory, _reason(error)) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def refused_results_directory(directory: Path, why: str) -> InvalidInput:
    """The error for a results directory that no run can use."""
    hint = "name an empty or a new directory that can be written"
    message = f"the results directory {str(directory)!r} cannot be used: {why}"
    return InvalidInput([Diagnostic(message, source="input results-dir", hint=hint)])
