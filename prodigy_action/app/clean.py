"""`clean`: removes branches, tags and results of earlier runs; only what is kept elsewhere, unless asked for all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from prodigy_action.adapters.git.missing_repository import missing_repository
from prodigy_action.adapters.git.run_refs import RunRef, delete_ref, run_refs
from prodigy_action.adapters.git.tracked_files import top_of
from prodigy_action.adapters.results.moved_results import in_use, moved_results, remove_results, size_of
from prodigy_action.adapters.results.results_directory import SOURCE, refused_results_directory
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.results_directory import history_in, lock_results, results_must_stay
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, GitFailed, InvalidInput
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.pure.text.visible_text import visible

_IN_USE = "another run uses it"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leftover:
    """One thing that a run left: its name for people, why it is kept ("" to remove it), and how it is removed.

    `remove` returns why it is kept after all.
    """

    name: str
    kept: str
    remove: Callable[[], str]


def clean(results_dir: str, world: ProcessContext, *, all_of_them: bool, remove: bool) -> tuple[str, bool]:
    """Remove what earlier runs have left in the repository of the current directory, or say what would be removed.

    The last results directory is never removed. Returns the text for the user, and whether everything went well.
    Raises `InvalidInput` outside of a repository, for a directory that cannot be the results directory, and when a run
    uses it now.
    """
    top = top_of(world.directory)
    if top is None:
        what, hint = missing_repository(world.directory)
        raise InvalidInput([Diagnostic(f"this directory {what}", source="clean", hint=hint)])
    last = Path(os.path.realpath(top / results_dir))
    if Path(os.path.realpath(top)).is_relative_to(last):
        raise refused_results_directory(last, "it holds the checkout", hint="name the results-dir of the runs")
    lines: list[str] = []
    failed = False
    removable = 0
    with ExitStack() as stack:
        results = _moved(last, stack, lock=remove)
        for leftover in _leftovers(top, results, world.directory, all_of_them=all_of_them):
            kept = leftover.kept
            if not kept and remove:
                try:
                    kept = leftover.remove()
                except (OSError, GitFailed) as error:
                    failed, removable = True, removable + 1
                    lines.append(f"could not remove {leftover.name}: {reason_of(error)}")
                    continue
            if kept:
                lines.append(f"kept {leftover.name}: {kept}")
            else:
                removable += 1
                lines.append(f"{'removed' if remove else 'would remove'} {leftover.name}")
    if not removable:
        lines.append("nothing to remove")
    elif not remove:
        lines.append("nothing was removed: repeat the command with --yes to remove it")
    return "".join(f"{visible(line)}\n" for line in lines), not failed


def _moved(last: Path, stack: ExitStack, *, lock: bool) -> list[Path]:
    """The moved results. With `lock`, no run can start that would move others to their names meanwhile."""
    try:
        if lock:
            lock_results(last, stack)
        return moved_results(last)
    except OSError as error:
        problem = f"{os.fspath(last)!r} cannot be read: {reason_of(error)}"
        raise InvalidInput([Diagnostic(problem, source=SOURCE, hint="name the results-dir of the runs")]) from error


def _leftovers(top: Path, results: list[Path], here: Path, *, all_of_them: bool) -> Iterator[_Leftover]:
    for ref in run_refs(top):
        yield _ref(top, ref, all_of_them=all_of_them)
    for directory in results:
        yield _results(top, directory, here, all_of_them=all_of_them)


def _ref(top: Path, ref: RunRef, *, all_of_them: bool) -> _Leftover:
    kept = ""
    if ref.worktree:
        kept = f"it is checked out in {ref.worktree}"
    elif not ref.contained and not all_of_them:
        what = "commits" if ref.ref.startswith("refs/heads/") else "content"
        kept = f"no other branch or tag has its {what}; --all removes it"

    def remove() -> str:
        delete_ref(top, ref)
        return ""

    return _Leftover(name=ref.name, kept=kept, remove=remove)


def _results(top: Path, directory: Path, here: Path, *, all_of_them: bool) -> _Leftover:
    def stays(path: Path) -> bool:
        return not all_of_them and results_must_stay(path)

    def why_kept() -> str:
        if in_use(directory):
            return _IN_USE
        if not stays(directory):
            return ""
        damaged = history_in(directory) is None
        return f"its {'journal is damaged' if damaged else 'run is unfinished and can be resumed'}; --all removes it"

    def remove() -> str:
        return "" if remove_results(directory, must_stay=stays) else why_kept() or _IN_USE

    real_top = Path(os.path.realpath(top))
    shown = os.path.relpath(directory, os.path.realpath(here)) if directory.is_relative_to(real_top) else directory
    return _Leftover(name=f"{shown} ({size_of(directory) / 1e6:.1f} MB)", kept=why_kept(), remove=remove)
