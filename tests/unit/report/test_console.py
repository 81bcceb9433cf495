from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.events import ErrorRecord
from prodigy_action.model.results import RunResult, WorkflowIdentity
from prodigy_action.pure.text.visible_text import visible, width, wrapped
from prodigy_action.report.console import render_console
from tests.support.hostile_runs import hostile_runs
from tests.support.runner.commands_grammar import find_commands
from tests.support.runner.hostile_texts import hostile_texts
from tests.support.samples import item_result, run_result, typical_run

LINES_MOST = 80


@given(hostile_runs())
def test_nothing_of_others_moves_the_terminal_or_speaks_to_the_runner(result: RunResult) -> None:
    text = render_console(result, results_dir="prodigy-results")
    assert find_commands(text) == []
    odd = {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
    assert odd == set()


@pytest.mark.parametrize("total", (3, 300, 30_000))
def test_a_run_of_any_size_fits_a_few_screens(total: int) -> None:
    text = render_console(typical_run(total), results_dir="prodigy-results")
    assert len(text.splitlines()) <= LINES_MOST
    assert ("more: see `prodigy-action show --failed`" in text) == (total == 30_000)


def test_the_verdict_is_the_first_line_and_every_failure_has_its_reason_and_last_words() -> None:
    text = render_console(typical_run(5), results_dir="out/")
    lines = text.splitlines()
    assert lines[0] == "✗ failure: 2 of 5 items failed"
    assert "out/results.json" in text
    assert [line.split() for line in lines if "key-2 " in line] == [
        ["2", "key-2", "shell", "step", "2:", "exit", "code", "1"]
    ]
    shown = [line.strip() for line in lines]
    said = shown.index("| ModuleNotFoundError: No module named 'yaml'")
    assert shown[said - 1] == "|     import yaml"
    assert shown[said + 1] == "log: out/logs/item-0002.log"
    assert "  resume    prodigy-action run workflows/migrate.yml --resume-from out" in lines


def test_a_command_to_resume_is_quoted_and_only_there_when_something_is_left() -> None:
    odd = WorkflowIdentity(name="x", path="it's $(x).yml", sha256="a" * 64)
    left = render_console(run_result([item_result(0, "not_run")], workflow=odd, result="cancelled"), results_dir="a b/")
    done = render_console(run_result([item_result(0)]), results_dir="r")
    assert """prodigy-action run 'it'"'"'s $(x).yml' --resume-from 'a b'\n""" in left
    assert "resume" not in done


def test_a_step_that_printed_nothing_has_no_last_words() -> None:
    error = ErrorRecord(
        kind="k", message="shell step 2: exit code 1", step="shell step 2", output_tail="x\n=== shell step 2\n"
    )
    text = render_console(run_result([item_result(0, "failed", error=error)]), results_dir="r")
    assert "===" not in text


@pytest.mark.parametrize("columns", (40, 60, 80, 120, 200))
@pytest.mark.parametrize("total", (3, 30_000))
def test_no_line_is_wider_than_the_terminal(columns: int, total: int) -> None:
    text = render_console(typical_run(total), results_dir="prodigy-results", columns=columns)
    assert max(map(width, text.splitlines())) <= columns
    assert len(re.findall(r"^ +\d+  key-", text, re.MULTILINE)) == (20 if total > 20 else 1)


@given(hostile_texts, st.integers(1, 60), st.integers(0, 20))
def test_broken_lines_hold_the_words_of_the_text(text: str, columns: int, indent: int) -> None:
    shown = visible(text)
    lines = wrapped(shown, columns, indent)
    assert "".join("".join(lines).split()) == "".join(shown.split())
    assert all(width(line) <= max(columns, indent + 8) for line in lines)
