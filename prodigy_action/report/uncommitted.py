"""Changes that items left without a commit: they did not land, and the reports say so before anything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prodigy_action.model.item_view import ItemView
from prodigy_action.report.item_text import counted, id_ranges

CURE = "write `commit: auto` in `map`, or commit in a step"


def uncommitted_ids(items: Iterable[ItemView]) -> list[int]:
    """The ids of the items that left uncommitted changes."""
    return [item.id for item in items if item.uncommitted]


def uncommitted_notice(ids: Sequence[int]) -> str:
    """One sentence with these items and the cure; empty when there is none."""
    if not ids:
        return ""
    word = "item" if len(ids) == 1 else "items"
    patches = "the patch is" if len(ids) == 1 else "the patches are"
    return (
        f"{counted(len(ids), 'item')} left uncommitted changes, which did not land ({word} {id_ranges(ids)}): {CURE};"
        f" {patches} in the results"
    )
