"""What a job's log shows while the action runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import clean_environ, make_repository
from tests.support.runner.back_ends import BackEnd, SubprocessBackEnd, make_job
from tests.support.runner.job import StepEnd, owner_to_give, step_environ
from tests.support.terminal import in_a_terminal

WORKFLOW = """
name: log
mode: mapreduce
map:
  input: items.json
  max_parallel: 2
  agent_template:
    - shell: 'SLEEP; test ${#text} -lt 100000'
      env: {text: "${item}"}
"""
COLOR = re.compile("\x1b\\[[0-9;]*m")
LONGEST_LINE = 16_000


def run_action(back_end: BackEnd, directory: Path, items: list[str], sleep: str = "true", **environ: str) -> StepEnd:
    """A run of these items."""
    workflow = WORKFLOW.replace("SLEEP", sleep)
    files = {"workflow.yml": workflow, "items.json": json.dumps(items)}
    job = make_job(directory / "job", owner_to_give(), lambda path: make_repository(path, files))
    return back_end.run(job, {"workflow": "workflow.yml"}, environ=environ)


@pytest.mark.timing
def test_a_long_run_gives_signs_of_life_that_say_what_runs(back_end: BackEnd, tmp_path: Path) -> None:
    end = run_action(back_end, tmp_path, ["a", "b", "c"], sleep='case "$text" in c) ;; *) sleep 7;; esac')
    reported = [line for line in end.log if line["event"] == "still_running"]
    assert reported[0]["phase"] == "map"
    assert (reported[0]["ended"], reported[0]["planned"], reported[0]["running"], reported[0]["max_parallel"]) == (
        0,
        3,
        2,
        2,
    )
    assert reported[0]["message"] == "0 of 3 items · 2 running"
    assert [(agent["item_id"], agent["item"]) for agent in reported[0]["agents"]] == [(0, "a"), (1, "b")]
    assert all(1 <= agent["seconds"] <= 6 for agent in reported[0]["agents"])


def test_debug_logging_of_the_job_raises_the_level(tmp_path: Path) -> None:
    plain = run_action(SubprocessBackEnd(), tmp_path / "plain", ["a"])
    debug = run_action(SubprocessBackEnd(), tmp_path / "debug", ["a"], RUNNER_DEBUG="1")
    assert "debug" not in {line["level"] for line in plain.log}
    assert "debug" in {line["level"] for line in debug.log}


def test_no_line_is_longer_than_the_runner_can_show_whatever_an_item_holds(tmp_path: Path) -> None:
    long = "é\x1b" * 60_000
    job = make_job(
        tmp_path / "job",
        owner_to_give(),
        lambda path: make_repository(
            path,
            {
                "workflow.yml": WORKFLOW.replace("SLEEP; test ${#text} -lt 100000", "cat items.json; exit 3"),
                "items.json": json.dumps([{long: long}]),
            },
        ),
    )
    end = SubprocessBackEnd().run(job, {"workflow": "workflow.yml"}, environ={"RUNNER_DEBUG": "1"})
    assert end.exit_code == 1
    assert max(map(len, (end.stdout + end.stderr).splitlines())) <= LONGEST_LINE
    assert end.log[-1]["event"] == "run_finished"


def test_a_terminal_gets_lines_for_people_in_colour_unless_it_asks_for_none(tmp_path: Path) -> None:
    files = {"workflow.yml": WORKFLOW.replace("SLEEP;", "exit 3;"), "items.json": '["a"]'}
    code, shown = in_a_terminal(make_repository(tmp_path / "colour", files), "run", "workflow.yml")
    assert code == 1
    assert "\x1b[33mwarning\x1b[0m [1/1] a failed: " in shown
    assert "1 of 1 item failed" in shown
    _, plain = in_a_terminal(
        make_repository(tmp_path / "plain", files), "run", "workflow.yml", environ={"NO_COLOR": "1"}
    )
    assert "warning [1/1] a failed: " in plain
    assert not COLOR.search(plain)


def test_lines_for_people_that_go_to_a_file_have_no_colour(tmp_path: Path) -> None:
    repository = make_repository(
        tmp_path / "r", {"workflow.yml": WORKFLOW.replace("SLEEP;", "exit 3;"), "items.json": '["a"]'}
    )
    command = [sys.executable, "-m", "prodigy_action", "run", "workflow.yml", "--log-format", "console"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, env=clean_environ(), check=False)
    assert "a failed: " in done.stdout
    assert "\x1b" not in done.stdout


def test_an_output_that_knows_no_such_characters_does_not_end_the_run(tmp_path: Path) -> None:
    files = {"workflow.yml": WORKFLOW.replace("SLEEP;", "exit 3;"), "items.json": '["é…"]'}
    repository = make_repository(tmp_path / "r", files)
    command = [sys.executable, "-m", "prodigy_action", "run", "workflow.yml", "--log-format", "console"]
    env = clean_environ(PYTHONIOENCODING="ascii")
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 1, done.stderr
    assert "1 of 1 item failed" in done.stdout


def test_a_log_that_nobody_takes_ends_no_run(tmp_path: Path) -> None:
    job = make_job(
        tmp_path / "job",
        owner_to_give(),
        lambda path: make_repository(
            path, {"workflow.yml": WORKFLOW.replace("SLEEP;", "exit 3;"), "items.json": '["a"]'}
        ),
    )
    command = [sys.executable, "-m", "prodigy_action"]  # an interpreter of its own: how it ends counts here
    environ = step_environ(job, {"workflow": "workflow.yml"}, {})
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=job.workspace, env=environ, stdout=full, stderr=full, check=False)
    assert done.returncode == 1
    end = StepEnd(job, 1, "", "")
    assert end.outputs["result"] == "failure"
    assert "1 of 1 item failed" in end.summary


def test_files_of_the_runner_that_cannot_be_written_are_reported_and_end_no_run(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone" / "file")
    names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
    end = run_action(SubprocessBackEnd(), tmp_path, ["a"], **dict.fromkeys(names, gone))
    assert end.exit_code == 0, end.stdout
    assert [line["path"] for line in end.log if line["event"] == "runner_file_unwritable"] == [gone, gone]
    job = end.job
    (job.workspace / "workflow.yml").write_text("name: [")
    refused = SubprocessBackEnd().run(job, {"workflow": "workflow.yml"}, environ=dict.fromkeys(names, gone))
    assert refused.exit_code == 2
    assert refused.stderr.count("which the runner reads, cannot be written") == 2


def test_results_outside_the_workspace_are_warned_of_and_a_link_to_the_workspace_is_none(tmp_path: Path) -> None:
    files = {"workflow.yml": WORKFLOW.replace("SLEEP;", "true;"), "items.json": '["a"]'}
    job = make_job(tmp_path / "job", owner_to_give(), lambda path: make_repository(path, files))
    inputs = {"workflow": "workflow.yml", "results-dir": "../elsewhere"}
    end = SubprocessBackEnd().run(job, inputs)
    assert (end.exit_code, end.outputs["results-dir"]) == (0, "../elsewhere")
    assert [line["results_dir"] for line in end.log if line["event"] == "results_outside_workspace"] == ["../elsewhere"]
    link = tmp_path / "link"
    link.symlink_to(job.workspace)
    job.prepare(owner_to_give())
    linked = SubprocessBackEnd().run(job, {"workflow": "workflow.yml"}, environ={"GITHUB_WORKSPACE": str(link)})
    assert linked.outputs["results-file"] == "prodigy-results/results.json"
    assert linked.results["result"] == "success"
