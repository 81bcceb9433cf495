"""The JUnit report: valid for Jenkins, and read back as a reader reads it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped
from junitparser.xunit2 import FlakyFailure, RerunFailure
from junitparser.xunit2 import JUnitXml as SurefireXml
from xmlschema import XMLSchema

from prodigy_action.model.events import ErrorRecord
from prodigy_action.model.item_parts import Attempt, ItemState
from prodigy_action.model.results import PhaseResult, RunResult, WorkflowIdentity
from prodigy_action.pure.item_keys import item_keys
from prodigy_action.report.junit import OUTPUT_CHARACTERS, render_junit
from tests.support.samples import item_result, run_result, typical_run

SCHEMA = Path(__file__).parents[2] / "jenkins_junit.xsd"


@cache
def _schema() -> XMLSchema:
    return XMLSchema(str(SCHEMA))


def document_of(result: RunResult) -> str:
    """The document, which fits the schema of Jenkins."""
    text = "".join(render_junit(result))
    assert [error.reason for error in _schema().iter_errors(text)] == []
    return text


def parsed(result: RunResult) -> JUnitXml:
    return JUnitXml.fromstring(document_of(result).encode())


def test_every_item_is_one_test_case_with_its_name_its_class_and_its_time() -> None:
    result = typical_run(30)
    (suite,) = parsed(result)

    assert [case.name for case in suite] == [item.key for item in result.items]
    assert {case.classname for case in suite} == {result.workflow.name}
    assert [case.time for case in suite] == [item.seconds for item in result.items]


def test_the_counts_of_the_suite_are_those_of_its_cases() -> None:
    states: tuple[ItemState, ...] = (
        "succeeded",
        "unchanged",
        "failed",
        "timed_out",
        "conflicted",
        "skipped",
        "cancelled",
        "not_run",
    )
    (suite,) = parsed(run_result([item_result(id, state) for id, state in enumerate(states)]))
    cases = list(suite)

    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (8, 3, 0, 3)
    assert [case.name for case in cases if case.is_failure] == ["key-2", "key-3", "key-4"]
    assert [case.name for case in cases if case.is_skipped] == ["key-5", "key-6", "key-7"]


def test_a_failure_has_the_message_the_end_of_the_output_and_the_files() -> None:
    (suite,) = parsed(run_result([item_result(7, "failed", patch="patches/item-0007.patch")]))
    (case,) = suite
    (failure,) = case.result

    assert isinstance(failure, Failure)
    assert (failure.message, failure.type) == ("shell step 2: exit code 1", "step_failed")
    assert "ModuleNotFoundError: No module named 'yaml'" in failure.text
    assert failure.text.splitlines()[-2:] == ["log: logs/item-0007.log", "patch: patches/item-0007.patch"]


def test_a_conflict_names_the_files_and_the_items_on_the_other_side() -> None:
    items = [item_result(0), item_result(1, "conflicted")]
    (suite,) = parsed(run_result(items))
    (failure,) = list(suite)[1].result

    assert failure.message == "conflict in docs/changes.md"
    assert "conflict in docs/changes.md with key-0" in failure.text
    assert "key-0: path=src/module_00000.py line=0" in failure.text
    assert "item 0" not in failure.text


def test_an_item_that_never_ran_is_skipped_with_its_reason() -> None:
    (suite,) = parsed(run_result([item_result(0, "not_run")]))
    (case,) = suite
    (skipped,) = case.result

    assert isinstance(skipped, Skipped)
    assert (skipped.type, skipped.message) == ("not_run", "3 items failed and max_failures tolerates 2")


def test_a_failed_phase_is_an_error_of_its_own() -> None:
    error = ErrorRecord(kind="step_failed", message="shell step 1: exit code 3", output_tail="no such host\n")
    phases = {"setup": PhaseResult(state="failed", seconds=0.5, error=error, log="logs/setup.log")}
    (suite,) = parsed(run_result([], phases=phases))
    (case,) = suite
    (problem,) = case.result

    assert (suite.tests, suite.errors) == (1, 1)
    assert isinstance(problem, Error)
    assert problem.message == "shell step 1: exit code 3"
    assert problem.text == "shell step 1: exit code 3\nno such host\nlog: logs/setup.log"


@pytest.mark.parametrize(("state", "element"), (("succeeded", FlakyFailure), ("failed", RerunFailure)))
def test_executions_that_failed_before_the_last_one_are_reported(state: str, element: type) -> None:
    attempts = [
        Attempt(number=1, state="failed", seconds=1, error="shell step 1: exit code 7"),
        Attempt(number=2, state="failed" if state == "failed" else "succeeded", seconds=1),
    ]
    item = item_result(0, "failed" if state == "failed" else "succeeded", attempts=attempts)
    (suite,) = SurefireXml.fromstring(document_of(run_result([item])).encode())
    (case,) = suite

    (earlier,) = case.iterchildren(element)  # type: ignore[no-untyped-call]  # the library has no types for this one
    assert earlier.message == "shell step 1: exit code 7"


def test_items_of_one_name_are_distinguished() -> None:
    (suite,) = parsed(run_result([item_result(0, key="same"), item_result(1, key="same"), item_result(2)]))

    assert [case.name for case in suite] == ["same (item 0)", "same (item 1)", "key-2"]


def test_an_item_whose_key_is_a_digest_is_called_by_its_label() -> None:
    item = {"file": "src/a.py"}
    (key,) = item_keys([item], None)
    (suite,) = parsed(run_result([item_result(0, key=key, item=item)]))

    assert [case.name for case in suite] == ["file=src/a.py"]


def test_colours_are_taken_out_of_the_output_and_long_output_is_cut() -> None:
    tail = "dropped\n" + "x" * OUTPUT_CHARACTERS + "\n\x1b[31mred\x1b[0m\n"
    (suite,) = parsed(
        run_result([item_result(0, "failed", error=ErrorRecord(kind="k", message="m", output_tail=tail))])
    )
    (case,) = suite

    assert "dropped" not in case.result[0].text
    assert "\nred\n" in case.result[0].text
    assert len(case.result[0].text) < OUTPUT_CHARACTERS + 200


@settings(deadline=None, max_examples=50)
@given(st.text(st.characters(), max_size=40))
def test_any_text_gives_a_valid_document(text: str) -> None:
    error = ErrorRecord(kind="step_failed", message=text, output_tail=text)
    item = item_result(0, "failed", key=text, error=error)
    document = document_of(run_result([item], workflow=WorkflowIdentity(name=text, path="w", sha256="a")))

    (suite,) = JUnitXml.fromstring(document.encode())
    assert len(list(suite)) == 1


def test_a_text_of_markup_and_line_ends_is_read_back_as_it_was() -> None:
    text = 'a <b>&amp; "quoted" ]]>\n\ttail'
    (suite,) = parsed(run_result([item_result(0, "failed", key=text)]))

    assert [case.name for case in suite] == [text]


def test_a_document_of_ten_thousand_items_is_valid() -> None:
    (suite,) = JUnitXml.fromstring("".join(render_junit(typical_run(10_000))).encode())

    assert suite.tests == 10_000
