"""Moving the results of an earlier run aside, to `NAME.1`, so that a new run has the directory for itself."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from pathlib import Path

from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.moved_results import holds_results, moved_results, numbered, remove_results
from prodigy_action.adapters.results.results_directory import SOURCE, refused_results_directory
from prodigy_action.pure.text.reasons import reason_of


def move_away(directory: Path, *, held: Collection[Path] = ()) -> dict[Path, Path]:
    """Move the directory to `NAME.1`, and those that have its number to the next one.

    Returns where each directory is now. The `held` ones are locked by this process. Raises `InvalidInput` when another
    run uses one of them, when a name is taken by something else, or when they cannot be moved; then nothing is lost.
    """
    last = 1
    while numbered(directory, last).exists() or numbered(directory, last).is_symlink():
        last += 1
    places = [directory, *(numbered(directory, number) for number in range(1, last))]
    moved: dict[Path, Path] = {}
    with ExitStack() as locks:
        for place in places[1:]:
            if place.is_symlink() or not holds_results(place):
                why = f"{str(place)!r}, where its content goes, is something else"
                raise refused_results_directory(directory, why, hint="remove that, or name another results-dir")
            if place not in held:
                locks.enter_context(locked_directory(place, source=SOURCE))
        for number, place in reversed(list(enumerate(places, start=1))):
            target = numbered(directory, number)
            try:
                place.rename(target)
            except OSError as error:
                reason = reason_of(error)
                why = f"{str(place)!r} cannot be moved to {target.name!r}: {reason}"
                raise refused_results_directory(directory, why, hint="name another results-dir") from error
            moved[place] = target
    return moved


def prune(directory: Path, keep: int, *, is_unfinished: Callable[[Path], bool], locked: Path) -> list[Path]:
    """Remove the oldest moved results, so that `keep` finished ones are left; returns what was removed.

    Unfinished ones are not counted and not removed, and those that a run uses are not removed. `locked` is locked by
    this process, to make way.
    """
    finished = [path for path in moved_results(directory) if not is_unfinished(path)]
    removed: list[Path] = []
    for path in finished[keep:]:
        with suppress(OSError):  # the next run tries again
            if remove_results(path, must_stay=is_unfinished, locked=path == locked):
                removed.append(path)
    return removed
