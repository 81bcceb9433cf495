"""A run over several jobs comes to what it comes to in one job, through the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.blackbox import Ended
from tests.support.git import git
from tests.support.killing import Gate, finished, kill_at
from tests.support.shard_jobs import Jobs, items_of

pytestmark = pytest.mark.long

SECRET = "Xq7-vK2mZ9pL4wR8tB3nH6yD"
TOKEN = {"SECRET_VALUE": SECRET}
ITEMS = 12
# Items 4 and 5 conflict; item 7 makes a tag, item 8 fails.
WORKFLOW = """
name: divided
secrets: {TOKEN: {provider: env, key: SECRET_VALUE}}
setup:
  - shell: cp cache/tool made.txt; echo more >> file-0
  - shell: echo hello
    capture_output: greeting
map:
  input: items.json
  carry: [cache]
  on_conflict: rerun
  agent_template:
    - shell: echo "$(cat made.txt cache/tool) ${greeting} ${#TOKEN} ${item_total}" >> file-${item.n}
    - shell: test ${item.n} != 5 || echo five >> file-4
    - shell: git commit -qam "edit ${item.n}"
      capture_output: said
    - shell: test ${item.n} != 7 || git tag made-by-7
    - shell: test ${item.n} != 8
reduce:
  - shell: echo "${map.successful} of ${map.total} ${greeting}" > all; cat file-* >> all; git add all
  - shell: git commit -qm all
"""


@dataclass(frozen=True)
class Divided:
    """The run in one job, and the same run in several."""

    jobs: Jobs
    whole: Ended
    setup: Ended
    shards: dict[int, Ended]
    reduced: dict[int, Ended]


def carrying(jobs: Jobs) -> Path:
    """A clone with a file that the other ones do not have."""
    clone = jobs.clone()
    (clone / "cache").mkdir()
    (clone / "cache/tool").write_text("a tool\n")
    return clone


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Divided:
    """One plan, executed by one shard and by five."""
    files = {f"file-{n}": "start\n" for n in range(ITEMS)}
    files |= {"items.json": items_of(ITEMS), ".gitignore": "cache/\n"}
    jobs = Jobs(tmp_path_factory.mktemp("divided"), WORKFLOW, files, **TOKEN)
    whole = jobs.job(results=jobs.directory / "whole", clone=carrying(jobs))
    setup = jobs.setup(clone=carrying(jobs))
    assert setup.exit_code == 0, setup.stdout + setup.stderr
    shards: dict[int, Ended] = {}
    reduced: dict[int, Ended] = {}
    for total in (1, 5):
        place = jobs.directory / f"of-{total}"
        shutil.copytree(jobs.all / "P", place / "any-name")
        for index in range(total):
            shards[index] = jobs.map(index, total, results=place / f"shard {index}")
        reduced[total] = jobs.reduce(source=place)
    return Divided(jobs, whole, setup, shards, reduced)


@pytest.mark.parametrize("total", (1, 5))
def test_any_number_of_shards_gives_the_commit_of_one_job(divided: Divided, total: int) -> None:
    ended = divided.reduced[total]
    assert divided.whole.exit_code == 1, divided.whole.stderr
    assert ended.exit_code == 1, ended.stderr
    for name in ("HEAD", "HEAD^{tree}", "refs/tags/made-by-7"):
        expected = git(divided.whole.repository, "rev-parse", name, check=False)
        assert git(ended.repository, "rev-parse", name, check=False) == expected
    assert "11 of 12 hello" in ended.tree()["all"]


@pytest.mark.parametrize("total", (1, 5))
def test_the_accounting_of_all_shards_is_that_of_one_job(divided: Divided, total: int) -> None:
    results, expected = divided.reduced[total].results, divided.whole.results
    assert results["counts"] == expected["counts"]
    for item, usual in zip(results["items"], expected["items"], strict=True):
        same = ("id", "key", "state", "commits", "files_changed", "landed_by", "log", "patch")
        assert {name: item[name] for name in same} == {name: usual[name] for name in same}
    logs = [item["log"] for item in results["items"] if item["log"]]
    assert logs
    assert [name for name in logs if not (divided.reduced[total].results_dir / name).is_file()] == []


def test_a_shard_reports_its_slice_and_publishes_nothing(divided: Divided) -> None:
    shard = divided.shards[3]
    assert [item["id"] for item in shard.results["items"]] == [3, 8]
    assert (shard.states, shard.exit_code) == (["succeeded", "failed"], 1)
    assert git(shard.repository, "rev-parse", "HEAD") == divided.jobs.base
    assert "prodigy" not in git(shard.repository, "for-each-ref")


def test_the_reports_of_a_job_say_what_it_did(divided: Divided) -> None:
    setup, shard = divided.setup, divided.shards[0]
    assert (setup.results["phase"], setup.results["shard"], setup.results["resume"]) == ("setup", None, None)
    assert (shard.results["phase"], shard.results["shard"]) == ("map", {"index": 0, "total": 5})
    assert f"{ITEMS} items planned for the jobs of the map" in (setup.results_dir / "summary.md").read_text()
    said = (shard.results_dir / "summary.md").read_text()
    assert "3 items of shard 0 (of 5, counted from 0): 3 ready to land" in said
    assert "Nothing landed: the job with phase: reduce lands what is ready." in said
    repeated = divided.shards[3].results["resume"]
    assert "--phase map --shard-index 3 --shard-total 5 --resume-from" in repeated


def test_the_commits_of_a_shard_travel_as_a_bundle_on_top_of_the_start_of_the_plan(divided: Divided) -> None:
    start = next(event["start_sha"] for event in divided.setup.events if event["event"] == "planned")
    shard = divided.shards[0].results_dir
    header = (shard / "commits.bundle").read_bytes().split(b"\n\n")[0].decode().splitlines()
    assert [line.split()[0] for line in header if line.startswith("-")] == [f"-{start}"]
    assert not (shard / "state").exists()


def test_no_secret_travels(divided: Divided) -> None:
    for directory in (divided.setup.results_dir, divided.shards[0].results_dir):
        for path in directory.rglob("*"):
            assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_a_conflict_is_resolved_by_the_job_that_collects(divided: Divided) -> None:
    assert divided.reduced[5].results["items"][5]["landed_by"] == "rerun"


def test_a_lost_shard_leaves_its_items_not_run_and_its_job_can_be_repeated(divided: Divided, tmp_path: Path) -> None:
    source, lost = tmp_path / "all", tmp_path / "lost"
    shutil.copytree(divided.jobs.directory / "of-5", source)
    (source / "shard 2").rename(lost)
    ended = divided.jobs.reduce(source=source)
    assert ended.exit_code == 1, ended.stderr
    missing = {item["id"]: item["reason"] for item in ended.results["items"] if item["state"] == "not_run"}
    assert missing == dict.fromkeys((2, 7), "shard 2 (of 5, counted from 0) did not report")
    assert ended.results["counts"]["succeeded"] == 9
    refused = divided.jobs.reduce("--no-allow-missing-shards", source=source)
    assert (refused.exit_code, "1 of 5 shards are missing" in refused.stderr) == (2, True), refused.stderr

    # The report of an earlier attempt is there too: the later one counts. Item 8 is repaired.
    divided.jobs.workflow.write_text(WORKFLOW.replace("!= 8", "!= 80"))
    again = source / "shard 3, attempt 2"
    options = ("--phase", "map", "--shard-index", "3", "--shard-total", "5", "--resume-from", str(source), "--force")
    repeated = divided.jobs.job(*options, results=again)
    divided.jobs.workflow.write_text(WORKFLOW)
    assert (repeated.exit_code, repeated.states) == (0, ["succeeded"] * 2), repeated.stderr
    assert [len(item["attempts"]) for item in repeated.results["items"]] == [1, 2]
    lost.rename(source / "shard 2")
    ended = divided.jobs.reduce(source=source)
    assert (ended.exit_code, ended.states) == (0, ["succeeded"] * ITEMS), ended.stderr


def test_what_a_killed_shard_finished_lands_and_its_job_resumes(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    counted = tmp_path / "counted"
    workflow = f"""
name: killed
map:
  input: items.json
  max_parallel: 1
  agent_template:
    - shell: echo ${{item.n}} >> {counted}; {gate.text("${item.n}")}
    - shell: echo edited >> file-${{item.n}}; git commit -qam edited
"""
    jobs = Jobs(tmp_path, workflow, {**{f"file-{n}": "start\n" for n in range(4)}, "items.json": items_of(4)})
    assert jobs.setup().exit_code == 0
    gate.open(3)
    assert jobs.map(0, 2).exit_code == 0
    place = jobs.all / "M_1"
    kill_at(jobs.clone(), finished(1), *jobs.arguments(*jobs.of_shard(1, 2), results=place), results=place)
    ended = jobs.reduce()
    assert (ended.exit_code, ended.states) == (1, ["succeeded"] * 3 + ["not_run"]), ended.stderr
    assert ended.results["items"][3]["reason"] == "shard 1 (of 2, counted from 0) ended before it did"

    gate.open()
    again = jobs.map(1, 2, results=jobs.all / "M_1, attempt 2")
    assert (again.exit_code, again.states) == (0, ["succeeded"] * 2), again.stderr
    begun = counted.read_text().split()  # the kill may come before item 3 has begun
    assert (begun[:3], set(begun[3:])) == (["0", "2", "1"], {"3"})
    ended = jobs.reduce()
    assert (ended.exit_code, ended.states) == (0, ["succeeded"] * 4), ended.stderr
    # A job that has come to its end makes way for the next run in its directory.
    assert jobs.job("--phase", "setup", results=again.results_dir).exit_code == 0
    assert "holds the unfinished run" in jobs.job("--phase", "setup", results=place).stderr


def test_an_empty_plan_is_reduced_without_shards(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, WORKFLOW.replace("cache/tool", "file-0"), {"items.json": "[]", "file-0": "a\n"}, **TOKEN)
    output = tmp_path / "output"
    output.touch()
    jobs.environ["GITHUB_OUTPUT"] = str(output)
    planned = jobs.setup()
    assert (planned.exit_code, json.dumps({"include": []}, separators=(",", ":")) in output.read_text()) == (0, True)
    ended = jobs.reduce(source=jobs.all / "P")
    assert (ended.exit_code, ended.tree()["all"].splitlines()[0]) == (0, "0 of 0 hello"), ended.stderr
