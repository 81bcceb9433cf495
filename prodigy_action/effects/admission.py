"""The gate that agents pass before they start."""

from __future__ import annotations

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

    def record_finished(self, *, failed: bool) -> None:
        """Count one item that ended."""
        self._admission = record_finished(self._admission, self._policy, planned=self._planned, failed=failed)
