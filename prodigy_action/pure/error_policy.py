"""What failures of items do to the items that have not started."""

from __future__ import annotations

from dataclasses import dataclass, replace

from prodigy_action.model.workflow import ErrorPolicy

MINIMUM_FINISHED_FOR_RATIO = 10


@dataclass(frozen=True, slots=True)
class Admission:
    """The running count of a map; `stop_reason` is set as soon as no further item may start."""

    finished: int = 0
    failed: int = 0
    stop_reason: str | None = None


def record_finished(admission: Admission, policy: ErrorPolicy, *, planned: int, failed: bool) -> Admission:
    """The count after one more item finished. A stop is final: later successes do not lift it."""
    counted = replace(admission, finished=admission.finished + 1, failed=admission.failed + int(failed))
    if not failed or counted.stop_reason is not None:
        return counted
    return replace(counted, stop_reason=_stop_reason(counted, policy, planned))


def _stop_reason(count: Admission, policy: ErrorPolicy, planned: int) -> str | None:
    allowed = tolerated_failures(policy, planned)
    if allowed is not None and count.failed > allowed:
        return f"{count.failed} items failed and max_failures tolerates {allowed}"
    if policy.failure_threshold is not None and count.finished >= MINIMUM_FINISHED_FOR_RATIO:
        ratio = count.failed / count.finished
        if ratio > policy.failure_threshold:
            return f"{ratio:.0%} of the finished items failed and failure_threshold is {policy.failure_threshold:.0%}"
    if policy.on_item_failure == "stop":
        return "an item failed and on_item_failure is stop"
    if not policy.continue_on_failure:
        return "an item failed and continue_on_failure is false"
    return None


def tolerated_failures(policy: ErrorPolicy, planned: int) -> int | None:
    """How many failed items `max_failures` allows; None when it is not given. A percentage is rounded down."""
    if policy.max_failures is not None:
        return policy.max_failures
    if policy.max_failures_percent is not None:
        return int(planned * policy.max_failures_percent / 100)
    return None
