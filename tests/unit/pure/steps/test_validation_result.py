"""Scores out of what a validation printed."""

from __future__ import annotations

import pytest

from prodigy_action.pure.steps.validation_result import read_validation


@pytest.mark.parametrize(
    ("text", "succeeded", "completion"),
    (
        ('{"completion_percentage": 72.5}', True, 72.5),
        ('{"score": 90}', False, 90),
        ('{"status": "complete"}', False, 100),
        ('{"status": "incomplete"}', True, 0),
        ('{"complete": true}', False, 100),
        ("plain text", True, 100),
        ("plain text", False, 0),
        ("[1, 2]", True, 100),
        ("{}", True, 100),
    ),
)
def test_the_score_comes_from_json_or_from_the_exit_code(text: str, succeeded: bool, completion: float) -> None:
    assert read_validation(text, succeeded=succeeded).completion == completion


def test_what_is_missing_becomes_variables() -> None:
    result = read_validation('{"score": 50, "missing": ["a", {"b": 1}], "implemented": "c"}', succeeded=True)
    variables = result.variables(2)
    assert variables["missing"] == ["a", '{"b":1}']
    assert variables["missing_count"] == 2
    assert variables["implemented"] == ["c"]
    assert variables["attempt_number"] == 2


def test_the_threshold_itself_is_enough() -> None:
    assert read_validation('{"score": 80}', succeeded=True).is_complete(80)
