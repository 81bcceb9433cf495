"""When failed items are reported in the log: each at once, in batches, or together at the end."""

from __future__ import annotations

from dataclasses import replace

from prodigy_action.dataclass import dataclass
from prodigy_action.model.workflow import ErrorPolicy


@dataclass(frozen=True, slots=True)
class ReportedFailure:
    """A failed item, its state, and why it failed."""

    item_id: int
    state: str
    problem: str


@dataclass(frozen=True, slots=True)
class FailureReport:
    """The failures that have not been reported yet, and the size of a batch (None: all are reported at the end)."""

    size: int | None
    held: tuple[ReportedFailure, ...] = ()

    @classmethod
    def of(cls, policy: ErrorPolicy) -> FailureReport:
        """An empty report with the batch size that `error_collection` sets."""
        sizes = {"aggregate": None, "immediate": 1, "batched": policy.batch_size}
        return cls(sizes[policy.error_collection])


def with_failure(report: FailureReport, failure: ReportedFailure) -> tuple[FailureReport, tuple[ReportedFailure, ...]]:
    """The report after one more failure, and the failures to log now."""
    held = (*report.held, failure)
    if report.size is None or len(held) < report.size:
        return replace(report, held=held), ()
    return replace(report, held=()), held


def at_the_end(report: FailureReport) -> tuple[FailureReport, tuple[ReportedFailure, ...]]:
    """The report after the last failure, and the failures that are left to log, in item order."""
    return replace(report, held=()), tuple(sorted(report.held, key=lambda failure: failure.item_id))
