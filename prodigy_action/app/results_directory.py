"""The results directory at the start of a run: locked, ignored by git, and without files of another run."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from prodigy_action.adapters.files.ownership import give_to_owner
from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.git.tracked_links import tracked_link_on_the_way
from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.moved_results import holds_results
from prodigy_action.adapters.results.moving_aside import move_away, prune
from prodigy_action.adapters.results.results_directory import (
    SOURCE,
    clear_results_directory,
    complete_results_directory,
    make_results_directory,
    refuse_links,
    refused_results_directory,
)
from prodigy_action.adapters.results.results_import import JOURNAL, import_results
from prodigy_action.app.resume import Attempt, read_history
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput, JournalCorrupt
from prodigy_action.model.settings import Settings
from prodigy_action.pure.journal.completion import can_be_resumed
from prodigy_action.pure.journal.reducer import RunHistory


async def find_results(checkout: str, results_dir: str) -> Path:
    """The results directory, without a link in its path.

    A link that a user has made is followed. Raises `InvalidInput` for one that the repository tracks: it would lead
    our files to any place on the machine.
    """
    return await in_thread(_find_results, checkout, results_dir)


def _find_results(checkout: str, results_dir: str) -> Path:
    top = Path(checkout).resolve()
    place = top / results_dir
    link = tracked_link_on_the_way(top, place)
    if link is not None:
        why = f"{str(link)!r} is a link that the repository tracks"
        hint = "name another results-dir, or remove the link from the repository with git rm"
        raise refused_results_directory(Path(results_dir), why, hint=hint)
    found = Path(os.path.realpath(place))  # which, unlike `resolve`, raises nothing for a link to itself
    if found.is_symlink():
        raise refused_results_directory(Path(results_dir), "links on the way to it lead round in a circle")
    return found


def lock_results(results: Path, stack: ExitStack) -> None:
    """Lock the results directory, if it exists, against other runs. Raises `InvalidInput` when another run holds it."""
    if results.is_dir():
        stack.enter_context(locked_directory(results, source=SOURCE))


@dataclass(frozen=True, slots=True)
class Moved:
    """Results of an earlier run that made way for a new one."""

    directory: Path
    """Where they are now."""
    run_id: str
    unfinished: bool
    removed: list[Path]
    """Older results that are not kept any longer."""


def open_results(
    results: Path, attempt: Attempt | None, checkout: Path, settings: Settings, stack: ExitStack
) -> Moved | None:
    """Prepare the results directory: empty, or with the files of the attempt to resume. Blocks.

    Results of another run are moved away; they are returned. At the end of the run the files get the owner of the
    checkout. Raises `InvalidInput` for a directory that cannot be used, and for one with an unfinished run unless the
    settings say to restart.
    """
    moved, source = None, results
    if attempt is None or not attempt.is_in(results):
        moved, source = make_way(results, attempt, checkout, settings, stack)
    if not results.is_dir():
        make_results_directory(results)
        lock_results(results, stack)
    refuse_links(results)
    stack.callback(give_to_owner, results, checkout)
    if attempt is None or not attempt.is_in(results):
        clear_results_directory(results)
    if attempt is not None and not attempt.is_in(results):
        import_results(source, results)
    complete_results_directory(results)
    return moved


def make_way(
    results: Path, attempt: Attempt | None, checkout: Path, settings: Settings, stack: ExitStack
) -> tuple[Moved | None, Path]:
    """Move the results of another run away; what was moved, and where the attempt to resume is now."""
    directory = results.resolve()
    source = results if attempt is None else attempt.directory.resolve()
    if not holds_results(directory):
        return None, source
    if checkout.resolve().is_relative_to(directory):
        raise refused_results_directory(results, "it holds the checkout", hint="name a directory of its own")
    refuse_links(results)
    earlier = history_in(directory)
    run_id = "" if earlier is None or earlier.first is None else earlier.first.run_id
    unfinished = earlier is not None and can_be_resumed(earlier) and (attempt is None or attempt.run_id != run_id)
    if unfinished and not settings.restart:
        raise InvalidInput([unfinished_run(settings.results_dir, run_id)])
    moved = move_away(directory, held=[source])
    make_results_directory(directory)
    lock_results(directory, stack)
    source = moved.get(source, source)
    removed = prune(directory, settings.results_keep, is_unfinished=results_must_stay, locked=moved[directory])
    return Moved(moved[directory], run_id, unfinished, removed), source


def unfinished_run(results_dir: str, run_id: str) -> Diagnostic:
    """The refusal of a new run in the place of an unfinished one."""
    name = results_dir.rstrip("/")
    hint = f"resume it with --resume-from {name}, or start anew with --restart, which moves it to {name}.1"
    message = f"{results_dir!r} holds the unfinished run {run_id}"
    return Diagnostic(message, source=SOURCE, hint=hint, code="unfinished-run")


def history_in(directory: Path) -> RunHistory | None:
    """The history of the run whose results these are; None when its journal is damaged or missing."""
    try:
        return read_history(directory / JOURNAL)
    except JournalCorrupt:
        return None


def results_must_stay(directory: Path) -> bool:
    """Whether nobody but the user may remove these results: their run can be resumed, or its journal is damaged."""
    history = history_in(directory)
    return history is None or can_be_resumed(history)
