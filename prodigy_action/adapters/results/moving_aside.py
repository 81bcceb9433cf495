"""Moving the results of an earlier run aside, to `NAME.1`, so that a new run has the directory for itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path

from prodigy_action.adapters.files.below import remove_directory_below
from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.results_directory import SOURCE, refused_results_directory
from prodigy_action.adapters.results.results_import import JOURNAL

RESULTS = "results.json"


def holds_results(directory: Path) -> bool:
    """Whether a run has written into the directory."""
    return (directory / JOURNAL).is_file() or (directory / RESULTS).is_file()


def move_away(directory: Path, *, held: Collection[Path] = ()) -> dict[Path, Path]:
    """Move the directory to `NAME.1`, and those that have its number to the next one.

    Returns where each directory is now. The `held` ones are locked by this process. Raises `InvalidInput` when another
    run uses one of them, when a name is taken by something else, or when they cannot be moved; then nothing is lost.
    """
    last = 1
    while _numbered(directory, last).exists() or _numbered(directory, last).is_symlink():
        last += 1
    places = [directory, *(_numbered(directory, number) for number in range(1, last))]
    moved: dict[Path, Path] = {}
    with ExitStack() as locks:
        for place in places[1:]:
            if place.is_symlink() or not holds_results(place):
                why = f"{str(place)!r}, where its content goes, is something else"
                raise refused_results_directory(directory, why, hint="remove that, or name another results-dir")
            if place not in held:
                locks.enter_context(locked_directory(place, source=SOURCE))
        for number, place in reversed(list(enumerate(places, start=1))):
            target = _numbered(directory, number)
            try:
                place.rename(target)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                why = f"{str(place)!r} cannot be moved to {target.name!r}: {reason}"
                raise refused_results_directory(directory, why, hint="name another results-dir") from error
            moved[place] = target
    return moved


def prune(
    directory: Path, keep: int, *, is_unfinished: Callable[[Path], bool], held: Collection[Path] = ()
) -> list[Path]:
    """Remove the oldest moved results, so that `keep` finished ones are left; returns what was removed.

    Unfinished ones are not counted and not removed, and neither are the `held` ones and those that a run uses.
    """
    form = re.compile(re.escape(directory.name) + r"\.([1-9][0-9]{0,8})")
    numbers = [int(match[1]) for path in directory.parent.iterdir() if (match := form.fullmatch(path.name))]
    moved = [_numbered(directory, number) for number in sorted(numbers)]
    finished = [path for path in moved if not path.is_symlink() and holds_results(path) and not is_unfinished(path)]
    removed = [path for path in finished[keep:] if path not in held]
    for path in removed:
        remove_directory_below(path.parent, path.name)
    return removed


def _numbered(directory: Path, number: int) -> Path:
    return directory.with_name(f"{directory.name}.{number}")
