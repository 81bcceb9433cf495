"""When failed items are told in the log: at once, some at a time, or together at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from prodigy_action.model.workflow import ErrorPolicy


@dataclass(frozen=True, slots=True)
class ReportedFailure:
    """A failed item, its state, and why it failed."""

    item_id: int
    state: str
    problem: str


@dataclass(frozen=True, slots=True)
class FailureReport:
    """What has not been told yet, and how much is told at a time (None: all of it at the end)."""

    size: int | None
    held: tuple[ReportedFailure, ...] = ()

    @classmethod
    def of(cls, policy: ErrorPolicy) -> FailureReport:
        """Nothing held, with the rhythm of `error_collection`."""
        sizes = {"aggregate": None, "immediate": 1, "batched": policy.batch_size}
        return cls(sizes[policy.error_collection])


def with_failure(telling: FailureReport, failure: ReportedFailure) -> tuple[FailureReport, tuple[ReportedFailure, ...]]:
    """The telling after one more failure, and what is to be told now."""
    held = (*telling.held, failure)
    if telling.size is None or len(held) < telling.size:
        return replace(telling, held=held), ()
    return replace(telling, held=()), held


def at_the_end(telling: FailureReport) -> tuple[FailureReport, tuple[ReportedFailure, ...]]:
    """The telling when no failure follows, and what is left to be told, in item order."""
    return replace(telling, held=()), tuple(sorted(telling.held, key=lambda failure: failure.item_id))
