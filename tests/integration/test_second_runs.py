"""A second run in the same results directory: what is refused, what is moved, and what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import git, make_repository
from tests.support.killing import Gate, count, kill_at
from tests.support.small_disks import small_disk

WORKFLOW = """
name: second
map:
  input: [0, 1]
  max_parallel: 1
  agent_template:
    - shell: GATE && echo ${item} >> COUNTS
"""
"""Its items are `unchanged`: nothing but the journal says that they have ended."""


class Job:
    def __init__(self, directory: Path) -> None:
        self.repository = make_repository(directory / "r")
        self.gate, self.counts = Gate(directory / "gate"), directory / "counts"
        self.text = WORKFLOW.replace("GATE", self.gate.text("${item}")).replace("COUNTS", str(self.counts))
        (directory / "workflow.yml").write_text(self.text)

    def kill(self) -> str:
        """An unfinished run, whose first item has ended; its id."""
        self.gate.open(1)
        kill_at(self.repository, lambda records: count(records, "agent_started") == 2, "run", "../workflow.yml")
        self.gate.open()
        return run_id(self.repository / "prodigy-results")

    def run(self, *options: str, **environ: str) -> Ended:
        return prodigy(self.repository, "run", "../workflow.yml", *options, **environ)


def run_id(results: Path) -> str:
    return (results / "events.jsonl").read_text().partition('"run":"')[2].partition('"')[0]


def results_in(repository: Path) -> list[str]:
    return sorted(path.name for path in repository.glob("prodigy-results*"))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_a_new_run_over_an_unfinished_one_is_refused_and_both_ways_are_named(job: Job) -> None:
    unfinished = job.kill()
    journal = (job.repository / "prodigy-results/events.jsonl").read_bytes()
    refused = job.run()
    assert refused.exit_code == 2
    assert f"holds the unfinished run {unfinished}" in refused.stderr
    assert "resume it with --resume-from prodigy-results" in refused.stderr
    assert "start anew with --restart, which moves it to prodigy-results.1" in refused.stderr
    assert (job.repository / "prodigy-results/events.jsonl").read_bytes() == journal
    assert results_in(job.repository) == ["prodigy-results"]
    assert job.run("--resume-from", "prodigy-results").exit_code == 0
    assert job.counts.read_text().split() == ["0", "1"]


@pytest.mark.parametrize(
    ("options", "environ"), ((("--restart",), {}), ((), {"GITHUB_ACTIONS": "true"}), ((), {"INPUT_RESTART": "true"}))
)
def test_a_restart_moves_the_unfinished_run_which_can_still_be_resumed(
    job: Job, options: tuple[str, ...], environ: dict[str, str]
) -> None:
    unfinished = job.kill()
    ended = job.run(*options, "--log-format", "json", **environ)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert "the unfinished run " in ended.stdout
    assert results_in(job.repository) == ["prodigy-results", "prodigy-results.1"]
    assert run_id(job.repository / "prodigy-results.1") == unfinished
    assert run_id(ended.results_dir) != unfinished
    assert job.counts.read_text().split() == ["0", "0", "1"]
    resumed = job.run("--resume-from", "prodigy-results.1")
    assert resumed.exit_code == 0, resumed.stdout + resumed.stderr
    assert resumed.results["run_id"] == unfinished
    assert job.counts.read_text().split() == ["0", "0", "1", "1"]
    assert results_in(job.repository) == ["prodigy-results", "prodigy-results.1", "prodigy-results.2"]


def test_in_actions_no_restart_is_a_choice_too(job: Job) -> None:
    job.kill()
    assert job.run(GITHUB_ACTIONS="true", INPUT_RESTART="false").exit_code == 2


def test_results_of_finished_runs_are_moved_and_the_oldest_removed(job: Job) -> None:
    ids = [job.run().results["run_id"] for _ in range(6)]
    assert results_in(job.repository) == ["prodigy-results", *(f"prodigy-results.{n}" for n in (1, 2, 3))]
    found = [run_id(job.repository / name) for name in results_in(job.repository)]
    assert found == list(reversed(ids))[:4]
    assert git(job.repository, "status", "--porcelain") == "", "git ignores them"
    assert job.run("--results-keep", "0").exit_code == 0
    assert results_in(job.repository) == ["prodigy-results"]


def test_an_unfinished_run_is_never_removed(job: Job) -> None:
    unfinished = job.kill()
    for _ in range(3):
        assert job.run("--restart", "--results-keep", "1").exit_code == 0
    found = {run_id(job.repository / name): name for name in results_in(job.repository)}
    assert found[unfinished] == "prodigy-results.3"
    assert len(found) == 3
    resumed = job.run("--resume-from", "prodigy-results.3", "--results-dir", "resumed")
    assert resumed.exit_code == 0, resumed.stdout + resumed.stderr


def test_a_run_that_came_to_no_plan_does_not_stand_in_the_way(job: Job, tmp_path: Path) -> None:
    broken = run(job.repository, "name: broken\nsetup:\n  - shell: exit 1\n" + job.text.split("\n", 2)[2], name="b.yml")
    assert broken.exit_code == 1
    assert job.run().exit_code == 0
    assert results_in(job.repository) == ["prodigy-results", "prodigy-results.1"]


def test_a_damaged_journal_is_moved_and_kept(job: Job) -> None:
    job.kill()
    journal = job.repository / "prodigy-results/events.jsonl"
    lines = journal.read_bytes().splitlines(True)
    damaged = b"".join([lines[0], b"rubbish\n", *lines[2:]])
    journal.write_bytes(damaged)
    for _ in range(3):
        assert job.run("--results-keep", "1").exit_code == 0
    assert (job.repository / "prodigy-results.3/events.jsonl").read_bytes() == damaged


def test_something_else_with_that_name_is_left_alone(job: Job) -> None:
    assert job.run().exit_code == 0
    (job.repository / "prodigy-results.1").write_text("mine")
    refused = job.run()
    assert refused.exit_code == 2
    assert "prodigy-results.1', where its content goes, is something else" in refused.stderr
    assert (job.repository / "prodigy-results.1").read_text() == "mine"
    assert (job.repository / "prodigy-results/results.json").exists()


def test_a_results_directory_that_cannot_be_moved_is_refused(job: Job) -> None:
    with small_disk(job.repository / "prodigy-results", megabytes=8):
        assert job.run().exit_code == 0
        refused = job.run()
        assert refused.exit_code == 2
        assert "cannot be moved to 'prodigy-results.1': device or resource busy" in refused.stderr
        assert "name another results-dir" in refused.stderr


def test_a_link_to_the_results_directory_stays_a_link(job: Job, tmp_path: Path) -> None:
    (tmp_path / "large-disk").mkdir()
    (job.repository / "prodigy-results").symlink_to(tmp_path / "large-disk")
    for _ in range(2):
        assert job.run().exit_code == 0
    assert (job.repository / "prodigy-results").is_symlink()
    assert (tmp_path / "large-disk.1/results.json").exists()
    assert results_in(job.repository) == ["prodigy-results"]
