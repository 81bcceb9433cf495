"""Whether a failed item gets another execution, and when."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_action.model.workflow import Retry
from prodigy_action.pure.policies.retry import is_retryable, plan_delays


@dataclass(frozen=True, slots=True)
class ItemAttempt:
    """One execution of an item: its number, from 1, and the seconds that earlier executions and waits took."""

    number: int = 1
    spent_seconds: float = 0.0


FIRST_ATTEMPT = ItemAttempt()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailure:
    """How an execution failed, as `retry_on` sees it."""

    seconds: float = 0.0
    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    output: str = ""


def next_attempt(
    retry: Retry | None, attempt: ItemAttempt, failure: AttemptFailure, *, seed: str
) -> tuple[float, ItemAttempt] | None:
    """Seconds to wait, and the next execution; None when the item has failed for good.

    It has failed for good when its executions are used up, when `retry_on` does not name the failure, or when the wait
    would
    end more than `retry_budget` seconds after the start of the first execution. Raises `ExpressionError` for a pattern
    that
    takes too long.
    """
    if retry is None or attempt.number >= retry.attempts:
        return None
    if not is_retryable(
        retry.retry_on,
        exit_code=failure.exit_code,
        signal=failure.signal,
        timed_out=failure.timed_out,
        output=failure.output,
    ):
        return None
    delay = plan_delays(retry, seed=seed)[attempt.number - 1]
    spent = attempt.spent_seconds + failure.seconds + delay
    if retry.retry_budget is not None and spent > retry.retry_budget:
        return None
    return delay, ItemAttempt(attempt.number + 1, spent)
