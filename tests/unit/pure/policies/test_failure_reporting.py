"""When failed items are reported."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.workflow import ErrorPolicy
from prodigy_action.pure.policies.failure_reporting import FailureReport, ReportedFailure, at_the_end, with_failure


def reported(policy: ErrorPolicy, ids: list[int]) -> list[list[int]]:
    report, groups = FailureReport.of(policy), []
    for item_id in ids:
        report, due = with_failure(report, ReportedFailure(item_id, "failed", "why"))
        groups.append([failure.item_id for failure in due])
    _, rest = at_the_end(report)
    return [*groups, [failure.item_id for failure in rest]]


@pytest.mark.parametrize(
    ("policy", "groups"),
    (
        (ErrorPolicy(), [[3], [1], [2], []]),
        (ErrorPolicy(error_collection="aggregate"), [[], [], [], [1, 2, 3]]),
        (ErrorPolicy(error_collection="immediate"), [[3], [1], [2], []]),
        (ErrorPolicy(error_collection="batched", batch_size=2), [[], [3, 1], [], [2]]),
    ),
)
def test_failures_are_reported_in_the_rhythm_of_error_collection(policy: ErrorPolicy, groups: list[list[int]]) -> None:
    assert reported(policy, [3, 1, 2]) == groups


@given(st.sampled_from(["aggregate", "immediate", "batched"]), st.integers(1, 5), st.lists(st.integers(), unique=True))
def test_every_failure_is_reported_once(rhythm: str, size: int, ids: list[int]) -> None:
    policy = ErrorPolicy.model_validate({"error_collection": rhythm, "batch_size": size})
    assert sorted(each for group in reported(policy, ids) for each in group) == sorted(ids)
