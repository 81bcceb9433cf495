"""Delays between executions, and which failures get another one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.workflow import Backoff, Retry, RetryOn
from prodigy_action.pure.policies.retry import is_retryable, plan_delays


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
    assert plan_delays(Retry(attempts=5, backoff=backoff, initial_delay=2, max_delay=20)) == delays


def test_attempts_counts_executions_so_one_attempt_never_waits() -> None:
    assert plan_delays(Retry(attempts=1)) == ()


def test_a_base_that_overflows_is_capped() -> None:
    delays = plan_delays(Retry(attempts=3000, backoff=Backoff(kind="exponential", base=10), max_delay=9))
    assert delays[-1] == 9


@given(st.text(max_size=20), st.floats(0, 1))
def test_jitter_stays_within_half_of_its_factor_and_repeats_itself(seed: str, factor: float) -> None:
    retry = Retry(attempts=6, initial_delay=10, jitter=True, jitter_factor=factor, backoff=Backoff(kind="fixed"))
    delays = plan_delays(retry, seed=seed)
    assert delays == plan_delays(retry, seed=seed)
    assert all(10 * (1 - factor / 2) <= delay <= 10 * (1 + factor / 2) for delay in delays)


def test_different_seeds_spread() -> None:
    retry = Retry(attempts=2, initial_delay=10, jitter=True)
    assert len({plan_delays(retry, seed=str(n)) for n in range(20)}) == 20


@pytest.mark.parametrize(
    ("rule", "failure", "expected"),
    (
        (RetryOn(kind="timeout"), {"timed_out": True}, True),
        (RetryOn(kind="timeout"), {}, False),
        (RetryOn(kind="signal"), {"signal": 9}, True),
        (RetryOn(kind="exit_code", exit_code=75), {"exit_code": 75}, True),
        (RetryOn(kind="exit_code", exit_code=75), {"exit_code": 1}, False),
        (RetryOn(kind="pattern", pattern="EAGAIN|busy"), {"output": "device busy"}, True),
        (RetryOn(kind="network"), {"output": "curl: (6) Could not resolve host: x"}, True),
        (RetryOn(kind="network"), {"output": "assertion failed"}, False),
        (RetryOn(kind="server_error"), {"output": "HTTP 503 Service Unavailable"}, True),
        (RetryOn(kind="rate_limit"), {"output": "429 Too Many Requests"}, True),
    ),
)
def test_a_failure_is_retried_when_its_class_is_named(
    rule: RetryOn, failure: dict[str, object], expected: bool
) -> None:
    failed: dict[str, object] = {"exit_code": 1, "signal": None, "timed_out": False, "output": "", **failure}
    assert is_retryable((rule,), **failed) is expected  # type: ignore[arg-type]  # the table mixes types


def test_no_rule_means_any_failure() -> None:
    assert is_retryable((), exit_code=1, signal=None, timed_out=False, output="")
