"""`clean`: removes branches and results of earlier runs; only what is kept elsewhere, unless it is asked for all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prodigy_action.adapters.git.run_branches import RunBranch, delete_branch, run_branches
from prodigy_action.adapters.git.tracked_files import tracked_files
from prodigy_action.adapters.results.earlier_results import EarlierResults, earlier_results, remove_results
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.results_directory import results_must_stay
from prodigy_action.errors import Diagnostic, GitFailed, InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leftover:
    """One thing that a run left: its name for people, why it is kept ("" to remove it), and how it is removed."""

    name: str
    kept: str
    remove: Callable[[], None]


def clean(results_dir: str, world: ProcessContext, *, all_of_them: bool, remove: bool) -> tuple[str, bool]:
    """Remove what earlier runs have left in the repository of the current directory, or say what would be removed.

    The last results directory is never removed. Returns the text for the user, and whether everything went well.
    Raises `InvalidInput` outside of a repository.
    """
    tracked = tracked_files(world.directory)
    if tracked is None:
        problem = "this directory is in no git repository"
        raise InvalidInput([Diagnostic(problem, source="clean", hint="change to the checkout of the runs")])
    lines: list[str] = []
    failed = False
    removable = 0
    for leftover in _leftovers(tracked.root, results_dir, all_of_them=all_of_them):
        if leftover.kept:
            lines.append(f"kept {leftover.name}: {leftover.kept}")
            continue
        removable += 1
        if not remove:
            lines.append(f"would remove {leftover.name}")
            continue
        try:
            leftover.remove()
            lines.append(f"removed {leftover.name}")
        except (OSError, GitFailed) as error:
            failed = True
            lines.append(f"could not remove {leftover.name}: {error}")
    if not removable:
        lines.append("nothing to remove")
    elif not remove:
        lines.append("nothing was removed: repeat the command with --yes to remove it")
    return "".join(f"{line}\n" for line in lines), not failed


def _leftovers(root: Path, results_dir: str, *, all_of_them: bool) -> Iterator[_Leftover]:
    for branch in run_branches(root):
        yield _branch(root, branch, all_of_them=all_of_them)
    last = root / results_dir
    for results in earlier_results(last.parent.resolve() / last.name, is_unfinished=results_must_stay):
        yield _results(root, results, all_of_them=all_of_them)


def _branch(root: Path, branch: RunBranch, *, all_of_them: bool) -> _Leftover:
    kept = ""
    if branch.worktree:
        kept = f"it is checked out in {branch.worktree}"
    elif not branch.contained and not all_of_them:
        kept = "no other branch or tag has its commits; --all removes it"
    return _Leftover(name=f"branch {branch.name}", kept=kept, remove=lambda: delete_branch(root, branch))


def _results(root: Path, results: EarlierResults, *, all_of_them: bool) -> _Leftover:
    name = f"{os.path.relpath(results.path, root)} ({results.size / 1e6:.1f} MB)"
    kept = "its run is unfinished and can be resumed; --all removes it"
    return _Leftover(
        name=name,
        kept=kept if results.unfinished and not all_of_them else "",
        remove=lambda: remove_results(results),
    )
