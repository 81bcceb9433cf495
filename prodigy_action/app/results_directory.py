"""The results directory at the start of a run: ours alone, invisible to git, with nothing of another run."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from prodigy_action.adapters.files.ownership import give_to_owner
from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.results_import import IMPORTING, JOURNAL, import_results
from prodigy_action.adapters.results.state_store import STATE
from prodigy_action.app.resume import Attempt
from prodigy_action.errors import Diagnostic, InvalidInput

SOURCE = "input results-dir"
OWN_FILES = (JOURNAL, "results.json", "summary.md", "commits.bundle")
"""The journal is the first to go: without it nothing is left to go on with."""
OWN_DIRECTORIES = ("logs", "patches")
PASSING_DIRECTORIES = (STATE, IMPORTING)
"""Those that are there only while they are needed."""


def lock_results(results: Path, stack: ExitStack) -> None:
    """Hold the results directory, where there is one, against other runs. Raises `InvalidInput` when one has it."""
    if results.is_dir():
        stack.enter_context(locked_directory(results, source=SOURCE))


def open_results(results: Path, attempt: Attempt | None, checkout: Path, stack: ExitStack) -> None:
    """Ready the results directory: empty, or with what the attempt left that is to be gone on with. Blocks.

    Its files are given to the owner of the checkout at the end. Raises `InvalidInput` for a directory that cannot be
    used.
    """
    if not results.is_dir():
        make_results_directory(results)
        lock_results(results, stack)
    stack.callback(give_to_owner, results, checkout)
    if attempt is None or not attempt.is_in(results):
        clear_results_directory(results)
    if attempt is not None and not attempt.is_in(results):
        import_results(attempt.directory, results)
    complete_results_directory(results)


def make_results_directory(directory: Path) -> None:
    """Make the directory, which git never shows. Raises `InvalidInput` when it cannot be made."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ".gitignore").write_text("*\n")
    except (FileExistsError, NotADirectoryError) as error:
        raise refused_results_directory(directory, "it is no directory") from error
    except OSError as error:
        raise refused_results_directory(directory, (error.strerror or str(error)).lower()) from error


def clear_results_directory(directory: Path) -> None:
    """Remove what an earlier run left there.

    Raises `InvalidInput` for a directory that holds something else or cannot be written.
    """
    try:
        present = {entry.name for entry in directory.iterdir()}
        ours = {*OWN_FILES, *OWN_DIRECTORIES, *PASSING_DIRECTORIES, ".gitignore"}
        if (foreign := present - ours) and not present & {JOURNAL, "results.json"}:
            raise refused_results_directory(
                directory, f"it holds files that are no results, such as {sorted(foreign)[0]!r}"
            )
        for name in OWN_FILES:
            (directory / name).unlink(missing_ok=True)
        for name in (*OWN_DIRECTORIES, *PASSING_DIRECTORIES):
            shutil.rmtree(directory / name, ignore_errors=True)
    except OSError as error:
        raise refused_results_directory(directory, (error.strerror or str(error)).lower()) from error


def complete_results_directory(directory: Path) -> None:
    """Make what belongs there in any case; what a killed import left is removed. Raises `InvalidInput`."""
    try:
        shutil.rmtree(directory / IMPORTING, ignore_errors=True)
        for name in OWN_DIRECTORIES:
            (directory / name).mkdir(exist_ok=True)
        (directory / ".gitignore").write_text("*\n")
    except OSError as error:
        raise refused_results_directory(directory, (error.strerror or str(error)).lower()) from error


def refused_results_directory(directory: Path, why: str) -> InvalidInput:
    """The error for a results directory that no run can use."""
    hint = "name an empty or a new directory that can be written"
    message = f"the results directory {str(directory)!r} cannot be used: {why}"
    return InvalidInput([Diagnostic(message, source=SOURCE, hint=hint)])
