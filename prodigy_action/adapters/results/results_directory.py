"""The results directory at the start of a run: made, cleared, completed. No link in it is followed."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.files.atomic import replace_file
from prodigy_action.adapters.files.below import (
    links_below,
    make_directory_below,
    remove_directory_below,
    remove_file_below,
)
from prodigy_action.adapters.results.results_import import IMPORTING, JOURNAL
from prodigy_action.adapters.results.run_log_file import RUN_LOG
from prodigy_action.adapters.results.state_store import STATE
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.pure.text.reasons import reason_of

SOURCE = "input results-dir"
OWN_FILES = (
    JOURNAL,
    RUN_LOG,
    "results.json",
    "summary.md",
    "report.html",
    "junit.xml",
    "reports.sha256",
    "commits.bundle",
)
"""The journal is the first to go: without it nothing is left to resume."""
OWN_DIRECTORIES = ("logs", "patches")
PASSING_DIRECTORIES = (STATE, IMPORTING)
"""Directories that exist only while they are needed."""


def make_results_directory(directory: Path) -> None:
    """Make the directory, which git ignores. Raises `InvalidInput` when it cannot be made."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        replace_file(directory, ".gitignore", b"*\n", durable=False)
    except (FileExistsError, NotADirectoryError) as error:
        raise refused_results_directory(directory, "it is no directory") from error
    except OSError as error:
        raise refused_results_directory(directory, reason_of(error)) from error


def clear_results_directory(directory: Path) -> None:
    """Remove the files of an earlier run.

    Raises `InvalidInput` for a directory that holds other files or cannot be written.
    """
    try:
        present = {entry.name for entry in directory.iterdir()}
        ours = {*OWN_FILES, *OWN_DIRECTORIES, *PASSING_DIRECTORIES, ".gitignore"}
        if (foreign := present - ours) and not present & {JOURNAL, "results.json"}:
            raise refused_results_directory(
                directory, f"it holds files that are no results, such as {sorted(foreign)[0]!r}"
            )
        for name in OWN_FILES:
            remove_file_below(directory, name)
        for name in (*OWN_DIRECTORIES, *PASSING_DIRECTORIES):
            remove_directory_below(directory, name)
    except OSError as error:
        raise refused_results_directory(directory, reason_of(error)) from error


def complete_results_directory(directory: Path) -> None:
    """Make what every results directory has; remove what a killed import left. Raises `InvalidInput`."""
    try:
        remove_directory_below(directory, IMPORTING)
        for name in OWN_DIRECTORIES:
            make_directory_below(directory, name)
        replace_file(directory, ".gitignore", b"*\n", durable=False)
    except OSError as error:
        raise refused_results_directory(directory, reason_of(error)) from error


def refuse_links(directory: Path) -> None:
    """Raise `InvalidInput` when a name of ours is a link there: what we write would go where it leads."""
    links = links_below(directory, (*OWN_FILES, *OWN_DIRECTORIES, *PASSING_DIRECTORIES, ".gitignore"))
    if links:
        why = f"{', '.join(map(repr, links))} in it {'is a link' if len(links) == 1 else 'are links'}"
        raise refused_results_directory(directory, why, hint="remove the links, or name another directory")


def refused_results_directory(
    directory: Path, why: str, *, hint: str = "name an empty or a new directory that can be written"
) -> InvalidInput:
    """The error for a results directory that a run cannot use."""
    message = f"the results directory {str(directory)!r} cannot be used: {why}"
    return InvalidInput([Diagnostic(message, source=SOURCE, hint=hint)])
