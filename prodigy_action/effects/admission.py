"""The gate that agents pass before they start."""

from __future__ import annotations

from dataclasses import replace
from typing import final

from prodigy_action.model.workflow import ErrorPolicy
from prodigy_action.pure.error_policy import Admission, record_finished


@final
class PolicyGate:
    """Keeps the error policy's count for one map; the decisions are those of `pure.error_policy`."""

    def __init__(self, policy: ErrorPolicy, *, planned: int) -> None:
        self._policy = policy
        self._planned = planned
        self._admission = Admission()

    @property
    def stop_reason(self) -> str | None:
        """Why no further item may start; None while they may."""
        return self._admission.stop_reason

    def record_finished(self, *, failed: bool, stop: str | None = None) -> None:
        """Count one item that ended; `stop` closes the gate for that reason, whatever the policy says."""
        counted = record_finished(self._admission, self._policy, planned=self._planned, failed=failed)
        self._admission = counted if counted.stop_reason or stop is None else replace(counted, stop_reason=stop)
