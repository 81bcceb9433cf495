"""The plan that the jobs of a run share, read from the journal of the job that made it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ReportRefused
from prodigy_action.model.events import (
    AgentFinished,
    Event,
    ItemNotRun,
    KeptObjects,
    Planned,
    PlannedItem,
    RunFinished,
    RunStarted,
    StartKept,
)
from prodigy_action.model.json_value import JsonValue, canonical_json
from prodigy_action.pure.items.slicing import slice_of
from prodigy_action.pure.work_planning import EXCLUDED


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPlan:
    """What the job with the phase `setup` has recorded, and who may use it."""

    events: tuple[Event, ...]
    """All of it, without the end of that job."""
    started: RunStarted
    planned: Planned
    start: StartKept
    digest: str
    """A digest of the run, of the commit that items start from, and of all items: other jobs record it."""
    items: Mapping[int, PlannedItem]
    chosen: tuple[int, ...]
    """The ids that the shards divide among themselves: those that `only` does not exclude."""

    def slice(self, index: int, total: int) -> tuple[int, ...]:
        """The ids that a shard executes, in order."""
        return slice_of(self.chosen, index, total, self.planned.seconds)

    def owners(self, total: int) -> dict[int, int]:
        """By the id of each item, which of `total` shards executes it."""
        return {item_id: index for index in range(total) for item_id in self.slice(index, total)}


def job_of(events: Sequence[Event]) -> str:
    """What the last job that wrote this journal did: `all`, `setup`, `map` or `reduce`; empty without a start."""
    return next((event.phase for event in reversed(events) if isinstance(event, RunStarted)), "")


def shared_plan(events: Sequence[Event]) -> SharedPlan:
    """The plan in the journal of a job with the phase `setup`. Raises `ReportRefused` when that job made none."""
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    planned = next((event for event in events if isinstance(event, Planned)), None)
    start = next((event for event in events if isinstance(event, StartKept)), None)
    if started is None or planned is None or start is None:
        raise ReportRefused("the job that made it did not come to its plan")
    excluded = {event.item_id for event in events if isinstance(event, ItemNotRun) and event.reason == EXCLUDED}
    return SharedPlan(
        events=tuple(event for event in events if not isinstance(event, RunFinished)),
        started=started,
        planned=planned,
        start=start,
        digest=_digest(started, planned),
        items={item.id: item for item in planned.items},
        chosen=tuple(item.id for item in planned.items if item.id not in excluded),
    )


def events_of_slice(plan: SharedPlan, index: int, total: int) -> list[Event]:
    """The journal of a shard before its start: that of the plan, with the items of the shard alone."""
    ids = frozenset(plan.slice(index, total))
    own = plan.planned.model_copy(
        update={
            "items": [item for item in plan.planned.items if item.id in ids],
            "seconds": {},
            "withheld": [item_id for item_id in plan.planned.withheld if item_id in ids],
            "whole": len(plan.planned.items),
            "plan": plan.digest,
        }
    )
    kept = (event for event in plan.events if not isinstance(event, ItemNotRun))
    return [own if isinstance(event, Planned) else event for event in kept]


def placed_start(events: Sequence[Event], start: StartKept) -> list[Event]:
    """The records with the result of setup as it is named here."""
    return [start if isinstance(event, StartKept) else event for event in events]


def placed_objects(event: Event, kept: KeptObjects | None) -> Event:
    """The record of an item with its commits where they are now: in the one file of its shard."""
    if not isinstance(event, AgentFinished):
        return event
    refs = [ref.model_copy(update={"kept": None if ref.kept is None else kept}) for ref in event.refs]
    return event.model_copy(update={"kept": kept if event.commits else None, "refs": refs})


def _digest(started: RunStarted, planned: Planned) -> str:
    items: list[JsonValue] = [[item.id, item.key, item.worktree_name, item.item] for item in planned.items]
    whole: list[JsonValue] = [started.run_id, started.base_sha, planned.start_sha, list(planned.withheld), items]
    whole += [{str(item_id): seconds for item_id, seconds in planned.seconds.items()}]
    return hashlib.blake2b(canonical_json(whole).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
