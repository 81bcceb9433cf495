"""Every row of the migration page is proved by a workflow; `tests/integration/test_migration.py` runs them."""

from __future__ import annotations

import re

import pytest

from prodigy_action.inputs.normalize.phases import MAP
from prodigy_action.inputs.normalize.steps import STEP
from prodigy_action.inputs.normalize.workflow import WORKFLOW
from tests.support.migration import PAGE, Case, cases, rows
from tests.support.shell_parsing import load_workflow

VERDICTS = {"same", "different", "no effect", "refused"}
OF_THIS_PROGRAM = {
    *("handlers", "timeout", "interpreter", "interpolation", "reads", "writes", "needs", "keep_running", "parallel"),
    *(
        "key",
        "carry",
        "commit",
        "on_conflict",
        "on_empty",
        "isolation",
        "home",
        "clear_env",
        "inputs",
        "outputs",
        "analysis",
    ),
    *("temporary", "ignore_validation_failure", "skip_validation", "validation_timeout", "retry_config", "workflow"),
    *("stop", "on_item_failure", "retry_on_failure", "timeout_per_agent", "allow_failure", "capture_output"),
}
"""Keys that are not Prodigy's, or are on the page of older forms."""


def by_rows(case: Case) -> str:
    return case.rows[0]


def test_every_row_has_a_case_and_every_case_has_rows() -> None:
    proved = [row for case in cases() for row in case.rows]
    assert sorted(proved) == sorted(rows())
    assert set(rows().values()) <= VERDICTS


@pytest.mark.parametrize("table", (WORKFLOW, STEP, MAP), ids=("workflow", "step", "map"))
def test_every_key_is_on_the_page(table: dict[str, object]) -> None:
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8")))))
    assert sorted(set(table) - named - OF_THIS_PROGRAM) == []


@pytest.mark.parametrize("case", cases(), ids=by_rows)
def test_the_loader_agrees_with_the_page(case: Case) -> None:
    verdicts = {rows()[row] for row in case.rows}
    if case.exit == 2:
        assert verdicts == {"refused"}
        return
    assert "refused" not in verdicts
    loaded = load_workflow(case.workflow.encode(), "workflow.yml", case.files)
    messages = [warning.message for warning in loaded.warnings]
    assert not messages or case.warns, messages
    assert "no effect" not in verdicts or messages
