"""Scores out of what a validation printed."""

from __future__ import annotations

import pytest

from prodigy_action.pure.steps.validation_result import read_result_file, read_validation


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


VERDICTS = (
    'Two of five.\n\n```json\n{"completion_percentage": 40}\n```\n',
    '```\n{"completion_percentage": 40}\n```',
    '~~~ json title="x"\r\n{\r\n  "completion_percentage": 40\r\n}\r\n~~~\r\nThat is all.',
    '1. Result:\n   ````json\n   {"score": 40}\n   ````\n',
    '> ```json\n{"score": 40}\n> ```\n',
    'First ```json\n{"score": 90}\n```\nno:\n```json\n{"score": 90}\n```\nend\n```json\n{"score": 40}\n```\n',
    '```json\n{"files": ["a"]}\n```\nVerdict:\n```json\n{"score": 40}\n```\n```sh\nmake\n```\n',
    'The verdict is {"completion_percentage": 40, "gaps": {"a": {"b": "}"}}} as far as I see.',
    'log {"status": "ok"}\nlog {"status": "ok"}\n{"score": 40}\nbye',
    'The verdict: {not json} {"score": "40 %"}',
    '\ufeff{"completion_percentage": "40"}',
)


@pytest.mark.parametrize("by_exit_code", (True, False))
@pytest.mark.parametrize("text", VERDICTS)
def test_a_verdict_is_found_wherever_it_stands(text: str, by_exit_code: bool) -> None:
    assert read_validation(text, succeeded=True, by_exit_code=by_exit_code).completion == 40
    assert read_result_file(text, "r.json", succeeded=True).completion == 40


@pytest.mark.parametrize(
    ("text", "said"),
    (
        ("All parts are there.", "no verdict"),
        ("", "no verdict"),
        ("{}", "no verdict"),
        ("[1, 2]", "no verdict"),
        ('```json\n{"score": 40,\n```', "no verdict"),
        ('{"score": 100', "JSON that cannot be read"),
        ('{"score": "most of it"}', "'score' is no percentage"),
        ('{"completion_percentage": [100]}', "'completion_percentage' is no percentage"),
        ('{"a":' * 100_000, "JSON that cannot be read"),
    ),
)
def test_output_of_an_agent_program_that_is_no_verdict_is_incomplete_and_says_so(text: str, said: str) -> None:
    result = read_validation(text, succeeded=True, by_exit_code=False)
    assert result.completion == 0
    assert said in result.missing[0]


def test_broken_json_of_a_command_is_incomplete_although_its_exit_code_is_zero() -> None:
    assert read_validation('{"score": 40', succeeded=True).completion == 0


def test_work_with_missing_parts_and_without_a_score_is_incomplete() -> None:
    assert read_validation('{"missing": ["tests"]}', succeeded=True).completion == 0
    assert read_validation('{"missing": []}', succeeded=True).completion == 100


def test_further_fields_become_variables_and_hide_none_of_the_others() -> None:
    text = '{"score": 50, "incomplete_specs": ["a"], "attempt_number": 9, "status": 7}'
    variables = read_validation(text, succeeded=True).variables(2)
    assert variables["incomplete_specs"] == ["a"]
    assert variables["attempt_number"] == 2
    assert variables["status"] == "incomplete"
