"""The failures of steps after which the run continued, because the workflow says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from prodigy_action.dataclass import dataclass
from prodigy_action.model.events import StepRecord
from prodigy_action.model.results import RunResult
from prodigy_action.report.item_text import counted, id_ranges


@dataclass(frozen=True, slots=True)
class ToleratedFailure:
    """One reason, the phases in which it occurred, and the ids of the items, in item order."""

    problem: str
    phases: tuple[str, ...]
    items: tuple[int, ...]

    @property
    def times(self) -> int:
        """How many phases and items it occurred in."""
        return len(self.phases) + len(self.items)

    @property
    def where(self) -> str:
        """The phases and items for a reader, such as `setup, items 0-3`."""
        ids = [f"item{'s' if len(self.items) > 1 else ''} {id_ranges(self.items)}"] if self.items else []
        return ", ".join([*self.phases, *ids])


def tolerated_failures(result: RunResult) -> list[ToleratedFailure]:
    """The tolerated failures by reason, the most frequent first; of an item, those of its last execution."""
    found: dict[str, tuple[dict[str, None], dict[int, None]]] = {}
    for place, problem in _occurrences(result):
        phases, items = found.setdefault(problem, ({}, {}))
        if isinstance(place, int):
            items[place] = None
        else:
            phases[place] = None
    grouped = [ToleratedFailure(problem, tuple(phases), tuple(items)) for problem, (phases, items) in found.items()]
    return sorted(grouped, key=lambda failure: -failure.times)


def tolerated_count(result: RunResult) -> str:
    """How many steps failed and were tolerated, in words; empty when there was none."""
    count = sum(1 for _ in _occurrences(result))
    return counted(count, "tolerated failure") if count else ""


def _occurrences(result: RunResult) -> Iterator[tuple[str | int, str]]:
    places: list[tuple[str | int, Sequence[StepRecord]]] = [(name, each.steps) for name, each in result.phases.items()]
    for place, steps in chain(places, ((item.id, item.steps) for item in result.items if item.tolerates)):
        for step in steps:
            yield from ((place, problem) for problem in step.tolerated_inside)
            if step.tolerated is not None:
                yield place, step.tolerated
