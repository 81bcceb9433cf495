"""How failures of items affect the items that have not started."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.model.workflow import ErrorPolicy
from prodigy_action.pure.policies.circuit_breaker import Breaker, Open, breaker_at, has_room, with_ended, with_started

MINIMUM_FINISHED_FOR_RATIO = 10
ROUNDING_SLACK = 1e-9
"""With this, 0.7 % of 1,000 items are 7, in spite of the rounding of binary fractions."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The running count of a map; `stop_reason` is set as soon as no further item may start."""

    finished: int = 0
    failed: int = 0
    stop_reason: str | None = None
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The item may start; `epoch` is passed to `record_finished` when the item ends."""

    admission: Admission
    epoch: int


@dataclass(frozen=True, slots=True)
class Delayed:
    """The item may not start yet: ask again after `seconds`, or, with None, when another item has ended."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The item does not run at all."""

    reason: str


Decision: TypeAlias = Admitted | Delayed | Refused


def decide_admission(admission: Admission, policy: ErrorPolicy, *, now: float) -> Decision:
    """Whether the next item may start; `now` is in monotonic seconds."""
    if admission.stop_reason is not None:
        return Refused(admission.stop_reason)
    rules = policy.circuit_breaker
    if rules is None:
        return Admitted(admission, admission.breaker.epoch)
    breaker = breaker_at(admission.breaker, now)
    if has_room(breaker, rules):
        return Admitted(replace(admission, breaker=with_started(breaker)), breaker.epoch)
    return Delayed(breaker.circuit.until - now if isinstance(breaker.circuit, Open) else None)


def record_finished(
    admission: Admission, policy: ErrorPolicy, *, planned: int, failed: bool, epoch: int = 0, now: float = 0.0
) -> Admission:
    """The count after one more item finished: updates the breaker, then applies thresholds and the action of a failure.

    `epoch` is the one that the item was admitted with. A stop is final: later successes do not lift it.
    """
    breaker, rules = admission.breaker, policy.circuit_breaker
    if rules is not None:
        breaker = with_ended(breaker, rules, epoch=epoch, failed=failed, now=now)
    counted = replace(
        admission, finished=admission.finished + 1, failed=admission.failed + int(failed), breaker=breaker
    )
    return _judged(counted, policy, planned) if failed else counted


def record_unlanded(admission: Admission, policy: ErrorPolicy, *, planned: int) -> Admission:
    """The count after the commits of a succeeded item could not land: the item counts as failed instead."""
    return _judged(replace(admission, failed=admission.failed + 1), policy, planned)


def _judged(counted: Admission, policy: ErrorPolicy, planned: int) -> Admission:
    if counted.stop_reason is not None:
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


def may_stop(policy: ErrorPolicy) -> bool:
    """Whether failures can keep further items from starting; the circuit breaker delays them, and counts no landing."""
    limits = (policy.max_failures, policy.max_failures_percent, policy.failure_threshold)
    return (
        any(limit is not None for limit in limits) or policy.on_item_failure == "stop" or not policy.continue_on_failure
    )


def tolerated_failures(policy: ErrorPolicy, planned: int) -> int | None:
    """How many failed items `max_failures` allows; None when it is not set. A percentage is rounded down."""
    if policy.max_failures is not None:
        return policy.max_failures
    if policy.max_failures_percent is not None:
        return int(planned * policy.max_failures_percent / 100 + ROUNDING_SLACK)
    return None
