"""Report failed items in the log, when `error_collection` says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from prodigy_action.environment import EventLog, MapEnv
from prodigy_action.model.workflow import ErrorPolicy
from prodigy_action.pure.journal.reproduction import reproduce_command
from prodigy_action.pure.policies.failure_reporting import FailureReport, ReportedFailure, at_the_end, with_failure
from prodigy_action.runtime import effect

SHOWN_AT_ONCE = 50


@final
class FailureReporter:
    """Collects failures and logs them when they are due; `pure.policies.failure_reporting` decides when."""

    def __init__(self, policy: ErrorPolicy, log: EventLog, results_dir: str = "prodigy-results") -> None:
        """`results_dir` is how the user names the results of the run."""
        self._results_dir = results_dir
        self._report = FailureReport.of(policy)
        self._log = log

    def report(self, item_id: int, state: str, problem: str) -> None:
        """Add one failed item, and log the failures that are due."""
        self._report, due = with_failure(self._report, ReportedFailure(item_id, state, problem))
        self._write(due)

    def finish(self) -> None:
        """Log the remaining failures."""
        self._report, due = at_the_end(self._report)
        self._write(due)

    def _write(self, failures: Sequence[ReportedFailure]) -> None:
        if not failures:
            return
        shown = [
            {
                "item_id": each.item_id,
                "state": each.state,
                "problem": each.problem,
                "reproduce": reproduce_command(self._results_dir, each.item_id),
            }
            for each in failures[:SHOWN_AT_ONCE]
        ]
        if len(failures) == 1:
            self._log.warning("item_failed", **shown[0])
        else:
            self._log.warning("items_failed", count=len(failures), items=shown)


@effect
async def report_failures_effect(env: MapEnv) -> None:
    """Log every failed item that has not been logged yet."""
    env.failures.finish()
