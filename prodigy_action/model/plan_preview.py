"""The preview that `plan` prints."""

from __future__ import annotations

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic
from prodigy_action.model.assignment import Selection


@dataclass(frozen=True, slots=True)
class Edge:
    """Why one step waits for another; positions count from 0."""

    before: int
    after: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPhase:
    """The steps of a phase (one line each) and the batches they run in. `places` are the file and line of each step."""

    steps: tuple[str, ...]
    batches: tuple[tuple[int, ...], ...]
    edges: tuple[Edge, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedShard:
    """The ids of the items of one job, and how many seconds they took together in an earlier run, if that is known."""

    items: tuple[int, ...]
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPreview:
    """The plan of a run. `selection` is None while the items are unknown; `notes` say why."""

    workflow: str
    selection: Selection | None
    notes: tuple[str, ...]
    setup: PlannedPhase
    agent: tuple[str, ...]
    agent_places: tuple[str, ...] = ()
    """The file and line of each step of an agent."""
    reduce: PlannedPhase
    merge: PlannedPhase
    max_parallel: int | None
    """None for a workflow without a map, and while it is not known."""
    warnings: tuple[Diagnostic, ...] = ()
    shards: tuple[PlannedShard, ...] | None = None
    """The jobs that the items may be shared by; None while the items are unknown."""
