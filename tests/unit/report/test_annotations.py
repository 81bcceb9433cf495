from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.errors import Diagnostic, Position
from prodigy_action.model.events import ErrorRecord
from prodigy_action.model.results import PhaseResult
from prodigy_action.report.annotations import MESSAGE_LENGTH, Annotation, annotations_of, diagnostic_annotations
from prodigy_action.report.commands import CommandWriter
from tests.support.runner.commands_grammar import RunnerCommand, find_commands
from tests.support.runner.hostile_texts import hostile_texts
from tests.support.samples import item_result, run_result, typical_run


def test_equal_failures_are_one_annotation_that_names_the_items() -> None:
    found = annotations_of(typical_run(300))
    assert [(each.level, each.title) for each in found] == [
        ("error", "6 items failed"),
        ("error", "3 items timed out"),
        ("error", "3 items conflicted"),
    ]
    assert found[0].message == (
        "shell step 2: exit code 1\nModuleNotFoundError: No module named 'yaml'\nitems 2, 7, 103, 108, 204, 209"
    )


@pytest.mark.parametrize(("kinds", "shown"), ((9, 9), (10, 10), (25, 10)))
def test_there_are_at_most_nine_and_one_that_counts_the_rest(kinds: int, shown: int) -> None:
    items = [item_result(id, "failed", error=ErrorRecord(kind="k", message=f"reason {id}")) for id in range(kinds)]
    found = annotations_of(run_result(items))
    assert len(found) == shown
    if kinds > 9:
        assert found[-1].title == f"and {kinds - 9} more"


def test_failures_that_are_tolerated_are_warnings_and_share_the_room_with_those_of_the_workflow() -> None:
    items = [item_result(id, "failed", error=ErrorRecord(kind="k", message=f"reason {id}")) for id in range(7)]
    odd = [Diagnostic(f"odd {n}", "w.yml", Position(n + 1, 1), severity="warning") for n in range(5)]
    found = annotations_of(run_result(items, result="partial", exit_code=0), odd)
    assert [each.level for each in found] == ["warning"] * 10
    assert [each.title for each in found[-2:]] == ["workflow", "and 3 more"]
    assert [each.file for each in found[7:9]] == ["w.yml", "w.yml"]


def test_warnings_of_the_workflow_stand_beside_errors() -> None:
    odd = [Diagnostic("odd", "w.yml", Position(3, 2, 5), severity="warning")]
    found = annotations_of(run_result([item_result(0, "failed")]), odd)
    assert [each.level for each in found] == ["error", "warning"]
    place = {"file": "w.yml", "line": "3", "col": "2", "endLine": "3", "endColumn": "5"}
    assert found[1].properties() == {"title": "workflow", **place}


def test_a_failed_phase_comes_first_and_a_run_that_failed_otherwise_says_so() -> None:
    setup = PhaseResult(state="failed", seconds=1, error=ErrorRecord(kind="k", message="no such tool"))
    found = annotations_of(run_result([item_result(0, "failed")], phases={"setup": setup}))
    assert [each.title for each in found] == ["setup failed", "key-0 failed"]
    stopped = annotations_of(
        run_result([item_result(0, "not_run")], result="failure", exit_code=1, message="it stopped")
    )
    assert [(each.title, each.message) for each in stopped] == [("1 of 1 item did not run to the end", "it stopped")]


def test_uncommitted_changes_of_a_success_are_one_warning_that_names_the_items_and_the_cure() -> None:
    items = [item_result(id, "unchanged", uncommitted=["a"] if id < 2 else []) for id in range(3)]
    (found,) = annotations_of(run_result(items))
    assert (found.level, found.title) == ("warning", "uncommitted changes did not land")
    assert "items 0-1" in found.message
    assert "`commit: auto`" in found.message


def test_a_success_has_none() -> None:
    assert annotations_of(run_result([item_result(0)])) == []


@given(st.lists(st.tuples(hostile_texts, hostile_texts, st.integers(1, 9)), max_size=12))
def test_diagnostics_of_any_text_are_as_many_commands_as_the_runner_keeps(texts: list[tuple[str, str, int]]) -> None:
    diagnostics = [Diagnostic(text, source, Position(line, line, line + 1)) for text, source, line in texts]
    stream = io.StringIO()
    CommandWriter(stream).annotate(diagnostic_annotations(diagnostics))
    commands = find_commands(stream.getvalue())
    assert [command.name for command in commands] == ["error"] * min(len(texts), 10)
    assert stream.getvalue().count("\n") == len(commands)
    assert all(len(command.data) <= MESSAGE_LENGTH for command in commands)
    assert {name for each in commands for name in each.properties} <= {
        *("title", "file", "line", "col", "endLine", "endColumn")
    }


@given(hostile_texts, hostile_texts)
def test_a_command_says_what_it_was_given_and_nothing_else(title: str, message: str) -> None:
    stream = io.StringIO()
    writer = CommandWriter(stream)
    writer.annotate([Annotation("notice", f"t{title}.", message)])
    writer.begin_group(message)
    writer.end_group()

    def encoded(text: str) -> str:
        return text.encode("utf-8", "backslashreplace").decode()

    assert find_commands(stream.getvalue()) == [
        RunnerCommand("notice", encoded(message), {"title": encoded(f"t{title}.")}),
        RunnerCommand("group", encoded(message)),
        RunnerCommand("endgroup"),
    ]
