"""The circuit breaker, event by event."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.workflow import CircuitBreaker, ErrorPolicy
from prodigy_action.pure.policies.circuit_breaker import (
    Breaker,
    Closed,
    HalfOpen,
    Open,
    breaker_at,
    has_room,
    with_ended,
    with_started,
)
from prodigy_action.pure.policies.error_policy import Admission, Admitted, Delayed, decide_admission

RULES = CircuitBreaker(failure_threshold=2, success_threshold=2, timeout=30, half_open_requests=2)


def ended(breaker: Breaker, outcomes: str, now: float = 0.0) -> Breaker:
    for outcome in outcomes:
        breaker = with_ended(breaker, RULES, epoch=breaker.epoch, failed=outcome == "f", now=now)
    return breaker


def half_open() -> Breaker:
    return breaker_at(ended(Breaker(), "ff"), 30)


def test_failures_in_a_row_open_it_for_its_time() -> None:
    assert ended(Breaker(), "fsf").circuit == Closed(1)
    opened = ended(Breaker(), "ff", now=5)
    assert opened.circuit == Open(until=35)
    assert not has_room(opened, RULES)
    assert breaker_at(opened, 34.9) == opened
    assert breaker_at(opened, 35).circuit == HalfOpen()


def test_only_so_many_probes_run_at_once() -> None:
    probing = with_started(with_started(half_open()))
    assert not has_room(probing, RULES)
    assert has_room(ended(probing, "s"), RULES)


def test_good_probes_close_it_and_a_failed_one_opens_it_again() -> None:
    probing = with_started(with_started(half_open()))
    assert ended(probing, "ss").circuit == Closed()
    assert ended(probing, "sf", now=40).circuit == Open(until=70)


def test_what_was_admitted_before_a_change_says_nothing_after_it() -> None:
    probing = with_started(half_open())
    assert with_ended(probing, RULES, epoch=0, failed=True, now=31) == probing
    assert with_ended(probing, RULES, epoch=0, failed=False, now=31) == probing


@given(st.lists(st.tuples(st.sampled_from("sf"), st.integers(0, 40)), max_size=40))
def test_probes_are_counted_and_every_change_has_a_new_epoch(events: list[tuple[str, int]]) -> None:
    breaker, now = Breaker(), 0
    for outcome, wait in events:
        now += wait
        before = breaker_at(breaker, now)
        breaker = with_started(before) if has_room(before, RULES) else before
        breaker = ended(breaker, outcome, now)
        if type(breaker.circuit) is not type(before.circuit):
            assert breaker.epoch > before.epoch
        if isinstance(breaker.circuit, HalfOpen):
            assert 0 <= breaker.circuit.running <= RULES.half_open_requests
            assert breaker.circuit.successes < RULES.success_threshold


def test_admission_waits_for_the_end_of_the_open_time_and_then_for_a_probe() -> None:
    policy = ErrorPolicy(circuit_breaker=RULES)
    opened = Admission(breaker=ended(Breaker(), "ff", now=10))
    assert decide_admission(opened, policy, now=25) == Delayed(15)
    first = decide_admission(opened, policy, now=40)
    assert isinstance(first, Admitted)
    second = decide_admission(first.admission, policy, now=40)
    assert isinstance(second, Admitted)
    assert decide_admission(second.admission, policy, now=41) == Delayed(None)
