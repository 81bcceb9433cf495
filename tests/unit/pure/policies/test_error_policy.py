"""When failures stop the items that have not started."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.workflow import ErrorPolicy
from prodigy_action.pure.policies.error_policy import Admission, record_finished, tolerated_failures


def after(policy: ErrorPolicy, outcomes: str, planned: int = 100) -> Admission:
    admission = Admission()
    for outcome in outcomes:
        admission = record_finished(admission, policy, planned=planned, failed=outcome == "f")
    return admission


@pytest.mark.parametrize(
    ("policy", "outcomes", "stopped"),
    (
        (ErrorPolicy(), "fffffff", False),
        (ErrorPolicy(on_item_failure="stop"), "ss", False),
        (ErrorPolicy(on_item_failure="stop"), "sf", True),
        (ErrorPolicy(continue_on_failure=False), "sf", True),
        (ErrorPolicy(max_failures=2), "ffs", False),
        (ErrorPolicy(max_failures=2), "ffsf", True),
        (ErrorPolicy(max_failures_percent=3), "fff", False),
        (ErrorPolicy(max_failures_percent=3), "ffff", True),
        (ErrorPolicy(failure_threshold=0.5), "fffffffff", False),
        (ErrorPolicy(failure_threshold=0.5), "ffffffffff", True),
        (ErrorPolicy(failure_threshold=0.5), "sssssfffff", False),
        (ErrorPolicy(failure_threshold=0.5), "sssssffffff", True),
    ),
)
def test_a_policy_stops_admission_exactly_when_it_says(policy: ErrorPolicy, outcomes: str, stopped: bool) -> None:
    assert (after(policy, outcomes).stop_reason is not None) is stopped


def test_the_reason_names_the_rule_and_the_figures() -> None:
    assert after(ErrorPolicy(max_failures=1), "ff").stop_reason == "2 items failed and max_failures tolerates 1"


@given(st.text("sf", max_size=40))
def test_a_stop_is_final(outcomes: str) -> None:
    policy = ErrorPolicy(max_failures=2)
    reason = after(policy, "fff").stop_reason
    assert after(policy, "fff" + outcomes).stop_reason == reason


def test_a_percentage_is_rounded_down() -> None:
    assert tolerated_failures(ErrorPolicy(max_failures_percent=10), 19) == 1
