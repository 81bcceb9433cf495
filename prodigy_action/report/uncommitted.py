"""Changes that items left without a commit: they did not land, and the reports say so before anything else."""

from __future__ import annotations

from prodigy_action.model.results import RunResult
from prodigy_action.report.item_text import counted, id_ranges

CURE = "write `commit: auto` in `map`, or commit in a step"


def uncommitted_notice(result: RunResult) -> str:
    """One sentence with the items and the cure; empty when no item left uncommitted changes."""
    ids = [item.id for item in result.items if item.uncommitted]
    if not ids:
        return ""
    word = "item" if len(ids) == 1 else "items"
    patches = "the patch is" if len(ids) == 1 else "the patches are"
    return (
        f"{counted(len(ids), 'item')} left uncommitted changes, which did not land ({word} {id_ranges(ids)}): {CURE};"
        f" {patches} in the results"
    )
