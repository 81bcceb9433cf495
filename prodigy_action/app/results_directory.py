"""The results directory at the start of a run: locked, ignored by git, and without files of another run."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from prodigy_action.adapters.files.ownership import give_to_owner
from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.results_directory import (
    SOURCE,
    clear_results_directory,
    complete_results_directory,
    make_results_directory,
    refuse_links,
)
from prodigy_action.adapters.results.results_import import import_results
from prodigy_action.app.resume import Attempt


def lock_results(results: Path, stack: ExitStack) -> None:
    """Lock the results directory, if it exists, against other runs. Raises `InvalidInput` when another run holds it."""
    if results.is_dir():
        stack.enter_context(locked_directory(results, source=SOURCE))


def open_results(results: Path, attempt: Attempt | None, checkout: Path, stack: ExitStack) -> None:
    """Prepare the results directory: empty, or with the files of the attempt to resume. Blocks.

    At the end of the run its files get the owner of the checkout. Raises `InvalidInput` for a directory that cannot be
    used.
    """
    if not results.is_dir():
        make_results_directory(results)
        lock_results(results, stack)
    refuse_links(results)
    stack.callback(give_to_owner, results, checkout)
    if attempt is None or not attempt.is_in(results):
        clear_results_directory(results)
    if attempt is not None and not attempt.is_in(results):
        import_results(attempt.directory, results)
    complete_results_directory(results)
