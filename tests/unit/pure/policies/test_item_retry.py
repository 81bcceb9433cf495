"""Which failed items get another execution."""

from __future__ import annotations

import pytest

from prodigy_action.model.workflow import Backoff, Retry, RetryOn
from prodigy_action.pure.policies.item_retry import AttemptFailure, ItemAttempt, next_attempt

FIXED = Backoff(kind="fixed")


def test_without_a_retry_there_is_one_execution() -> None:
    assert next_attempt(None, ItemAttempt(), AttemptFailure(), seed="a") is None


def test_executions_are_counted_and_their_time_adds_up() -> None:
    retry = Retry(attempts=3, initial_delay=2, backoff=FIXED)
    first, second = ItemAttempt(), ItemAttempt(2, 7)
    assert next_attempt(retry, first, AttemptFailure(seconds=5), seed="a") == (2, second)
    third = ItemAttempt(3, 10)
    assert next_attempt(retry, second, AttemptFailure(seconds=1), seed="a") == (2, third)
    assert next_attempt(retry, third, AttemptFailure(), seed="a") is None


def test_a_budget_that_the_wait_would_exceed_ends_it() -> None:
    retry = Retry(attempts=9, initial_delay=2, backoff=FIXED, retry_budget=10)
    assert next_attempt(retry, ItemAttempt(1, 0), AttemptFailure(seconds=8), seed="a") is not None
    assert next_attempt(retry, ItemAttempt(1, 0), AttemptFailure(seconds=8.1), seed="a") is None


@pytest.mark.parametrize(
    ("rule", "failure"),
    (
        (RetryOn(kind="timeout"), AttemptFailure(timed_out=True)),
        (RetryOn(kind="signal"), AttemptFailure(signal=9)),
        (RetryOn(kind="signal"), AttemptFailure(exit_code=137)),
        (RetryOn(kind="exit_code", exit_code=75), AttemptFailure(exit_code=75)),
        (RetryOn(kind="pattern", pattern="flaky"), AttemptFailure(output="a flaky thing")),
        (RetryOn(kind="network"), AttemptFailure(output="curl: Connection refused")),
    ),
)
def test_only_failures_of_a_named_class_are_tried_again(rule: RetryOn, failure: AttemptFailure) -> None:
    retry = Retry(retry_on=(rule,))
    assert next_attempt(retry, ItemAttempt(), failure, seed="a") is not None
    assert next_attempt(retry, ItemAttempt(), AttemptFailure(exit_code=1, output="no"), seed="a") is None
