"""The post step: it finishes the work of a killed run, and does nothing when there is nothing to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from prodigy_action.adapters.results.journal import journal_records
from tests.support.blackbox import prodigy
from tests.support.fake_job import RUNNER, FakeJob, fake_job
from tests.support.git import clean_environ, git, make_repository
from tests.support.starting import begin

WAITING = """
name: waiting
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  max_parallel: 2
  agent_template:
    - shell: test "${item}" != quick || { echo x > quick.txt && git add -A && git commit -qm quick; }
    - shell: test "${item}" = quick || { touch "$BESIDE/${item}"; sleep 300; }
"""


def kill_at_work(repository: Path, beside: Path, *options: str, **environ: str) -> None:
    """Start a run and kill it when one item has ended and two are at work."""
    (repository.parent / "workflow.yml").write_text(WAITING)
    process = begin(("run", "../workflow.yml", *options), repository, clean_environ(**environ, BESIDE=str(beside)))
    try:
        for _ in range(1200):
            if {"slow", "slower"} <= {path.name for path in beside.iterdir()}:
                return
            time.sleep(0.05)
        raise AssertionError("the items did not start")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "beside").mkdir()
    return make_repository(tmp_path / "r", {"items.json": '["quick", "slow", "slower", "never"]'})


def test_a_killed_run_is_reported_as_its_journal_has_it(repository: Path, tmp_path: Path) -> None:
    kill_at_work(repository, tmp_path / "beside", TMPDIR=str(tmp_path))
    summary = tmp_path / "summary"
    before = (repository / "prodigy-results/events.jsonl").read_bytes()

    variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "INPUT_WORKFLOW": "../workflow.yml"}
    ended = prodigy(repository, "post", TMPDIR=str(tmp_path), **variables)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.results["result"] == "cancelled"
    assert ended.states == ["cancelled", "cancelled", "cancelled", "not_run"] or ended.states[0] == "succeeded"
    assert (repository / "prodigy-results/events.jsonl").read_bytes() == before
    assert [record["event"] for record in journal_records(repository / "prodigy-results/events.jsonl")][
        -1
    ] != "run_finished"
    assert "the run did not end" in summary.read_text()
    assert "was killed; its results are written now" in ended.stdout
    assert list(tmp_path.glob("prodigy-*pool-*")) == []


def test_after_an_ordinary_end_nothing_changes(repository: Path) -> None:
    (repository.parent / "workflow.yml").write_text(WAITING.split('    - shell: test "${item}" = quick')[0])
    prodigy(repository, "run", "../workflow.yml")
    before = {path: path.read_bytes() for path in (repository / "prodigy-results").rglob("*") if path.is_file()}

    ended = prodigy(repository, "post", INPUT_WORKFLOW="../workflow.yml")

    assert ended.exit_code == 0
    assert {path: path.read_bytes() for path in before} == before
    assert "was killed" not in ended.stdout


def test_a_run_that_is_still_at_work_is_left_alone(repository: Path, tmp_path: Path) -> None:
    (repository.parent / "workflow.yml").write_text(WAITING)
    process = begin(("run", "../workflow.yml"), repository, clean_environ(BESIDE=str(tmp_path / "beside")))
    try:
        while not {"slow", "slower"} <= {path.name for path in (tmp_path / "beside").iterdir()}:
            assert process.poll() is None
            time.sleep(0.05)
        ended = prodigy(repository, "post", INPUT_WORKFLOW="../workflow.yml")

        assert ended.exit_code == 0
        assert "a run is still at work" in ended.stdout
        assert not (repository / "prodigy-results/results.json").exists()
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    assert json.loads((repository / "prodigy-results/results.json").read_text())["message"] != "the run did not end"


@pytest.mark.parametrize(
    "variables",
    (
        pytest.param({}, id="no inputs"),
        pytest.param({"INPUT_MAX-PARALLEL": "many"}, id="inputs that were refused"),
        pytest.param({"INPUT_WORKING-DIRECTORY": "/nowhere"}, id="no checkout"),
    ),
)
def test_where_nothing_was_run_there_is_nothing_to_do(tmp_path: Path, variables: dict[str, str]) -> None:
    ended = prodigy(tmp_path, "post", **variables)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")
@pytest.mark.parametrize("run_as", ("root", "owner"))
@pytest.mark.parametrize("end", ("SIGTERM", "SIGKILL"))
def test_everything_in_the_workspace_is_the_owners_however_the_run_ended(run_as: str, end: str) -> None:
    with fake_job() as job:
        end_at_work(job, run_as, end)
        outside = job.shared / "not-ours"
        outside.write_text("root's")
        (job.workspace / "prodigy-results/link").symlink_to(outside)
        if end == "SIGKILL":
            assert foreign(job) != []
            prodigy(job.workspace, "post", **{**job.environ, "INPUT_WORKFLOW": "../workflow.yml"})
            assert foreign(job) == []
        else:
            assert [path for path in foreign(job) if path.name != "link"] == []
        assert outside.stat().st_uid == 0
        results = json.loads((job.workspace / "prodigy-results/results.json").read_text())
        assert results["result"] == "cancelled"
        assert (job.workspace / "prodigy-results").stat().st_mode & 0o777 == 0o755
        as_runner(job, "git", "-C", str(job.workspace), "gc", "-q")


def end_at_work(job: FakeJob, run_as: str, end: str) -> None:
    (job.workspace / "items.json").write_text('["quick", "slow", "slower"]')
    git(job.workspace, "-c", "safe.directory=*", "commit", "-qam", "more items")
    for path in job.workspace.rglob("*"):
        os.chown(path, *RUNNER, follow_symlinks=False)
    (job.root / "workflow.yml").write_text(WAITING)
    variables = clean_environ(**job.environ, BESIDE=str(job.shared))
    process = begin(("run", "../workflow.yml", "--run-as", run_as), job.workspace, variables)
    try:
        while not {"slow", "slower"} <= {path.name for path in job.shared.iterdir()}:
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.send_signal(getattr(signal, end))
        process.wait()


def foreign(job: FakeJob) -> list[Path]:
    found = [job.workspace, *job.workspace.rglob("*")]
    return [path for path in found if (path.lstat().st_uid, path.lstat().st_gid) != RUNNER]


def as_runner(job: FakeJob, *command: str) -> None:
    environ = clean_environ(HOME=str(job.root / "home"))
    subprocess.run(command, check=True, user=RUNNER[0], group=RUNNER[1], extra_groups=[], env=environ)
