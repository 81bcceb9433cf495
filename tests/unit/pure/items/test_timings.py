"""Durations of an earlier run."""

from __future__ import annotations

from typing import Any

import pytest

from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.pure.items.timings import recorded_seconds, seconds_of


def results(*items: Any) -> dict[str, Any]:
    return {"schema_version": 1, "items": list(items)}


def test_items_that_were_executed_have_a_duration() -> None:
    found = recorded_seconds(
        results({"key": "a", "seconds": 2}, {"key": "b", "seconds": 0.0}, {"key": "c", "seconds": float("nan")})
    )

    assert found == {"a": 2.0}


def test_of_items_with_one_key_the_longest_counts() -> None:
    assert recorded_seconds(results({"key": "a", "seconds": 3.5}, {"key": "a", "seconds": 1.0})) == {"a": 3.5}


def test_durations_are_found_by_key_whatever_the_position() -> None:
    planned = [WorkAssignment(0, "b", "agent-0", "b"), WorkAssignment(1, "new", "agent-1", "new")]

    assert seconds_of(planned, {"a": 1.0, "b": 2.0}) == {0: 2.0}


@pytest.mark.parametrize(
    "document",
    (
        None,
        [],
        {},
        {"items": {}},
        results(1),
        results({"key": 1, "seconds": 1}),
        results({"key": "a", "seconds": True}),
    ),
)
def test_what_is_no_results_document_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="no results of a run"):
        recorded_seconds(document)
