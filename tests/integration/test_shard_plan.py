"""`phase: setup`: setup and the plan in a job of its own, through the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import git, make_repository

WORKFLOW = """
name: divided
setup:
  - shell: echo made > untracked.txt; echo more >> file-0
map:
  input: items.json
  agent_template:
    - shell: touch executed
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One job that plans ten items."""
    directory = tmp_path_factory.mktemp("planned")
    items = json.dumps([{"n": n} for n in range(10)])
    repository = make_repository(directory / "r", {"file-0": "start\n", "items.json": items})
    options = ("--phase", "setup", "--items-per-shard", "3", "--only", "0", "--only", "[1-6]", "--results-dir", "P")
    output = directory / "output"
    output.touch()
    ended = run(repository, WORKFLOW, *options, GITHUB_OUTPUT=str(output))
    return Ended(ended.exit_code, ended.stdout, output.read_text(), repository, repository / "P")


def output_of(planned: Ended, name: str) -> str:
    """An output of the job."""
    found = re.search(rf"^{name}<<(\S+)\n(.*)\n\1$", planned.stderr, re.MULTILINE)
    assert found is not None, planned.stderr
    return found[2]


def test_the_job_ends_well_and_every_item_waits_for_the_map(planned: Ended) -> None:
    assert planned.exit_code == 0, planned.stdout
    assert planned.states == ["not_run"] * 10
    reasons = {item["reason"] for item in planned.results["items"]}
    assert reasons == {"planned for the jobs of the map", "excluded by only"}


def test_the_outputs_name_the_base_the_items_and_the_jobs_of_those_that_are_chosen(planned: Ended) -> None:
    assert output_of(planned, "base-sha") == git(planned.repository, "rev-parse", "HEAD")
    assert output_of(planned, "total") == "10"
    jobs = json.loads(output_of(planned, "matrix"))["include"]
    assert jobs == [{"shard": index, "total": 3} for index in range(3)]


def test_the_commit_of_setup_travels_as_a_bundle_and_nothing_is_published(planned: Ended) -> None:
    heads = git(planned.repository, "bundle", "list-heads", str(planned.results_dir / "commits.bundle"))
    start = next(event["start_sha"] for event in planned.events if event["event"] == "planned")
    assert heads.split()[0] == start
    assert git(planned.repository, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert git(planned.repository, "status", "--porcelain", "--ignored") == "!! P/"


def test_untracked_files_of_setup_travel(planned: Ended) -> None:
    kept = next(event["carried"] for event in planned.events if event["event"] == "start_kept")
    assert (planned.results_dir / kept["file"]).stat().st_size == kept["size"]


def test_inputs_that_do_not_fit_the_phase_are_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": "[]"})
    (tmp_path / "w.yml").write_text(WORKFLOW)
    (tmp_path / "steps.yml").write_text("- shell: echo one\n")
    for options, said in (
        (("--phase", "map", "--shard-index", "0", "--shard-total", "2"), "needs the results of the plan"),
        (("--phase", "map", "--shard-index", "2", "--shard-total", "2"), "2 is no shard of 2"),
        (("--phase", "reduce", "--only", "1"), "executes no items that `only` could choose"),
        (("--phase", "setup", "--resume-from", "P", "--shard-index", "1"), "starts a new run and resumes none"),
        (("--phase", "setup", "--shards", "none"), "'none' is neither auto nor a whole number from 1 to 256"),
    ):
        refused = prodigy(repository, "run", str(tmp_path / "w.yml"), *options)
        assert (refused.exit_code, said in refused.stderr) == (2, True), refused.stderr
    refused = prodigy(repository, "run", str(tmp_path / "steps.yml"), "--phase", "setup")
    assert (refused.exit_code, "has no map" in refused.stderr) == (2, True), refused.stderr
