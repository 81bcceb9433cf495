"""Failures that were tolerated inside a step: in its loop, its sub-workflow, its handlers, its validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prodigy_action.model.workflow import Step
from prodigy_action.pure.text.cutting import cut

_MOST: Final = 50
"""How many failures the record of a step names."""
_CHARACTERS: Final = 500
"""The most characters of one of them."""


def tolerated_inside(failures: Sequence[str]) -> list[str]:
    """What the record of a step says: the first failures, and how many more there were."""
    named = [cut(each, _CHARACTERS) for each in failures[:_MOST]]
    further = len(failures) - len(named)
    return [*named, f"{further:,} further failures inside"] if further else named


def tolerated_within(within: str, step: Step, own: str | None, inside: Sequence[str]) -> list[str]:
    """The failures of a step that stands inside another one, for the record of that other step.

    `within` is the place of the step in the other one, and empty for a step that stands in none. `own` is the failure
    of the step itself, `inside` are those inside it.
    """
    if not within:
        return []
    name = step.name or step.id
    outer = within if name is None or step.foreach is None else f"{within}, {name}"
    return [*(f"{outer}, {each}" for each in inside), *([f"{within}, {own}"] if own is not None else [])]
