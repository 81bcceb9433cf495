"""`log.jsonl` in the results directory: the structured log, whatever is shown on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prodigy_action.adapters.results.run_log_file import RunLogFile
from prodigy_action.errors import ResultsUnwritable
from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository
from tests.support.killing import Gate, count, kill_at

WORKFLOW = """
name: logged
env: {TOKEN: {value: not-for-the-log, secret: true}}
map:
  input: [0, 1, not-for-the-log]
  agent_template:
    - shell: 'test "${item}" = 0'
"""


def records(results: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (results / "log.jsonl").read_text().splitlines()]


def without_time(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "timestamp"}


@pytest.mark.parametrize("log_format", ("json", "console"))
def test_it_is_written_in_every_format_and_has_no_secret(tmp_path: Path, log_format: str) -> None:
    ended = run(make_repository(tmp_path / "r"), WORKFLOW, "--log-format", log_format)
    assert ended.exit_code == 1
    found = records(ended.results_dir)
    assert [record["event"] for record in found[-1:]] == ["run_finished"]
    assert [record.get("state") for record in found if record["event"] == "agent_finished"].count("failed") == 2
    assert {"run_started", "phase_started", "phase_finished"} <= {record["event"] for record in found}
    assert "not-for-the-log" not in (ended.results_dir / "log.jsonl").read_text()
    if log_format == "json":
        shown = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
        kept = [without_time(record) for record in found if record["level"] != "debug"]
        assert [without_time(record) for record in shown] == kept
        assert all(next(iter(record)) == "message" for record in (*shown, *found))
    assert "failure: 2 of 3 items failed" in ended.stdout, "the run ends with the summary"


def test_it_holds_everything_at_every_level(tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "r"), WORKFLOW, "--log-level", "error", "--log-format", "json")
    assert "phase_started" not in ended.stdout
    assert {"debug", "info", "warning"} <= {record["level"] for record in records(ended.results_dir)}


def test_a_resumed_run_continues_it_and_a_new_run_begins_anew(tmp_path: Path) -> None:
    repository, gate = make_repository(tmp_path / "r"), Gate(tmp_path / "gate")
    workflow = (
        f"name: x\nmap:\n  input: [0, 1]\n  max_parallel: 1\n  agent_template: [{{shell: '{gate.text('${item}')}'}}]"
    )
    (tmp_path / "workflow.yml").write_text(workflow)
    gate.open(1)
    kill_at(repository, lambda journal: count(journal, "agent_started") == 2, "run", "../workflow.yml")
    gate.open()
    before = records(repository / "prodigy-results")
    moved = prodigy(repository, "run", "../workflow.yml", "--resume-from", "prodigy-results", "--results-dir", "other")
    assert moved.exit_code == 0, moved.stdout + moved.stderr
    after = records(repository / "other")
    assert after[: len(before)] == before
    assert [record["event"] for record in after].count("run_started") == 2
    again = prodigy(repository, "run", "../workflow.yml", "--results-dir", "other")
    assert again.exit_code == 0, again.stdout + again.stderr
    assert [record["event"] for record in records(repository / "other")].count("run_started") == 1


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("kept")
    (tmp_path / "log.jsonl").symlink_to("victim")
    with pytest.raises(ResultsUnwritable):
        RunLogFile(tmp_path)
    assert (tmp_path / "victim").read_text() == "kept"


def test_a_problem_with_it_is_kept_and_no_line_is_written_after_it(tmp_path: Path) -> None:
    log = RunLogFile(tmp_path)
    log.write("{}\n")
    log.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        log.write("{}\n")
    assert log.problem == "bad file descriptor"
    assert (tmp_path / "log.jsonl").read_text() == "{}\n"
