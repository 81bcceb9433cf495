"""Delays between executions, and which failures get another one, and when an item or a step has failed for good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.workflow import Backoff, Retry, RetryOn
from prodigy_action.pure.policies.retry import Failure, GivenUp, ItemAttempt, delay_after, is_retryable, next_attempt

FIXED = Backoff(kind="fixed")


def delays_of(retry: Retry, seed: str = "") -> tuple[float, ...]:
    """The delays of all further executions that `retry` allows."""
    return tuple(delay_after(retry, number, seed=seed) for number in range(1, retry.attempts))


@pytest.mark.parametrize(
    ("backoff", "delays"),
    (
        (Backoff(kind="fixed"), (2, 2, 2, 2)),
        (Backoff(kind="linear", increment=3), (2, 5, 8, 11)),
        (Backoff(kind="exponential", base=3), (2, 6, 18, 20)),
        (Backoff(kind="fibonacci"), (2, 2, 4, 6)),
        (Backoff(kind="custom", delays=(1, 5)), (1, 5, 5, 5)),
        (Backoff(kind="fixed", initial=7), (7, 7, 7, 7)),
    ),
)
def test_each_backoff_grows_as_it_says_up_to_the_maximum(backoff: Backoff, delays: tuple[float, ...]) -> None:
    assert delays_of(Retry(attempts=5, backoff=backoff, initial_delay=2, max_delay=20)) == delays


def test_a_base_that_overflows_is_capped() -> None:
    delays = delays_of(Retry(attempts=3000, backoff=Backoff(kind="exponential", base=10), max_delay=9))
    assert delays[-1] == 9


@given(st.text(max_size=20), st.floats(0, 1))
def test_jitter_stays_within_half_of_its_factor_and_repeats_itself(seed: str, factor: float) -> None:
    retry = Retry(attempts=6, initial_delay=10, jitter=True, jitter_factor=factor, backoff=Backoff(kind="fixed"))
    delays = delays_of(retry, seed=seed)
    assert delays == delays_of(retry, seed=seed)
    assert all(10 * (1 - factor / 2) <= delay <= 10 * (1 + factor / 2) for delay in delays)


def test_different_seeds_spread() -> None:
    retry = Retry(attempts=2, initial_delay=10, jitter=True)
    assert len({delays_of(retry, seed=str(n)) for n in range(20)}) == 20


@pytest.mark.parametrize(
    ("rule", "failure", "expected"),
    (
        (RetryOn(kind="timeout"), Failure(timed_out=True), True),
        (RetryOn(kind="timeout"), Failure(exit_code=1), False),
        (RetryOn(kind="signal"), Failure(signal=9), True),
        (RetryOn(kind="exit_code", exit_code=75), Failure(exit_code=75), True),
        (RetryOn(kind="exit_code", exit_code=75), Failure(exit_code=1), False),
        (RetryOn(kind="pattern", pattern="EAGAIN|busy"), Failure(output="device busy"), True),
        (RetryOn(kind="network"), Failure(output="curl: (6) Could not resolve host: x"), True),
        (RetryOn(kind="network"), Failure(output="assertion failed"), False),
        (RetryOn(kind="server_error"), Failure(output="HTTP 503 Service Unavailable"), True),
        (RetryOn(kind="rate_limit"), Failure(output="429 Too Many Requests"), True),
        (RetryOn(kind="signal"), Failure(exit_code=137), True),
    ),
)
def test_a_failure_is_retried_when_its_class_is_named(rule: RetryOn, failure: Failure, expected: bool) -> None:
    assert is_retryable((rule,), failure) is expected


def test_no_rule_means_any_failure() -> None:
    assert is_retryable((), Failure(exit_code=1))


def test_without_a_retry_there_is_one_execution() -> None:
    assert next_attempt(None, ItemAttempt(), Failure(), seed="a") == GivenUp()


def test_executions_are_counted_and_their_time_adds_up() -> None:
    retry = Retry(attempts=3, initial_delay=2, backoff=FIXED)
    first, second = ItemAttempt(), ItemAttempt(2, 7)
    assert next_attempt(retry, first, Failure(seconds=5), seed="a") == (2, second)
    third = ItemAttempt(3, 10)
    assert next_attempt(retry, second, Failure(seconds=1), seed="a") == (2, third)
    assert next_attempt(retry, third, Failure(), seed="a") == GivenUp()


def test_a_budget_that_the_wait_would_exceed_ends_it() -> None:
    retry = Retry(attempts=9, initial_delay=2, backoff=FIXED, retry_budget=10)
    assert next_attempt(retry, ItemAttempt(1, 0), Failure(seconds=8), seed="a") == (2, ItemAttempt(2, 10))
    assert next_attempt(retry, ItemAttempt(1, 0), Failure(seconds=8.1), seed="a") == GivenUp(budget_spent=True)


def test_only_failures_of_a_named_class_are_tried_again() -> None:
    retry = Retry(retry_on=(RetryOn(kind="network"),))
    named, other = Failure(output="curl: Connection refused"), Failure(exit_code=1, output="no")
    assert next_attempt(retry, ItemAttempt(), named, seed="a") != GivenUp()
    assert next_attempt(retry, ItemAttempt(), other, seed="a") == GivenUp()
