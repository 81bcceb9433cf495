"""The fan-out workflow, job by job as a runner executes it: 200 items in 5 shards, one of them killed and re-run.

The steps are those of the file. Each job has a checkout of depth 1 of its own, and only artifacts travel.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.git import git, make_repository
from tests.support.killing import count, records_of
from tests.support.runner.back_ends import BackEnd, SubprocessBackEnd
from tests.support.runner.job import ROOT
from tests.support.runner.workflow_run import WorkflowRun
from tests.support.starting import Running

pytestmark = pytest.mark.long

FANOUT = ROOT / ".github/workflows/prodigy-fanout.yml"
ITEMS = 200
HANGING = 102
"""An item of shard 2, which has 20 items before it and 19 behind it."""
WORKFLOW = """
name: fanned-out
parameters:
  marks: {type: string, required: true}
setup:
  - shell: git ls-files | wc -l > counted && git add counted && git commit -qm Count
map:
  input: items.json
  max_parallel: 1
  commit: auto
  agent_template:
    - shell: |
        echo "${item.n}" >> "$marks/executed"
        if [ "${item.n}" = 102 ] && [ -e "$marks/hang" ]; then : > "$marks/hanging"; sleep 600; fi
        echo "${item.n}" > "made-${item.n}"
reduce:
  - shell: ls made-* | wc -l > total && echo "${map.successful}" >> total && git add total && git commit -qm Total
"""


class Killing(SubprocessBackEnd):
    """Kills the action, which can leave nothing in order."""

    def cancel(self, process: Running) -> None:
        os.killpg(process.pid, signal.SIGKILL)


class FannedOut:
    """The run: its first attempt, in which a shard is killed, and what "Re-run failed jobs" makes of it."""

    def __init__(self, root: Path) -> None:
        self.marks = root / "marks"
        self.marks.mkdir()
        files = {"items.json": json.dumps([{"n": n} for n in range(ITEMS)]), "prodigy.yml": WORKFLOW}
        self.origin = make_repository(root / "origin", files)
        git(self.origin, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(self.origin, "checkout", "--quiet", "--detach")
        inputs = {
            "workflow": "prodigy.yml",
            "params": f"marks={self.marks}",
            "shards": "5",
            "commits": "deterministic",
            "run-as": "root",
            "push": "head",
        }
        self.run = WorkflowRun(FANOUT, root, self.origin, inputs)
        (self.marks / "hang").touch()
        self.run.run(hook=self._kill_shard_2)
        (self.marks / "hang").unlink()
        self.first = self._state()
        self.run.run()
        self.second = self._state()

    def _kill_shard_2(self, job: str, workspace: Path) -> BackEnd | tuple[BackEnd, Any]:
        if job != "map/2":
            return SubprocessBackEnd()
        journal = workspace / "prodigy-shard"
        return Killing(), lambda: (self.marks / "hanging").exists() and count(records_of(journal), "agent_finished") > 1

    def _state(self) -> dict[str, Any]:
        """What an attempt came to."""
        artifact = self.run.artifacts.get(self.run.outputs["artifact"], Path("none")) / "results.json"
        return {
            "jobs": {name: end.result for name, end in self.run.ends.items()},
            "artifacts": set(self.run.artifacts),
            "outputs": self.run.outputs,
            "results": json.loads(artifact.read_text()),
            "branches": git(self.origin, "for-each-ref", "--format=%(refname:short) %(objectname)").splitlines(),
            "executed": Counter((self.marks / "executed").read_text().split()),
        }


@pytest.fixture(scope="module")
def fanned(tmp_path_factory: pytest.TempPathFactory) -> FannedOut:
    return FannedOut(tmp_path_factory.mktemp("fanned"))


def test_a_killed_shard_fails_alone_and_the_others_land(fanned: FannedOut) -> None:
    assert fanned.first["jobs"] == {
        "plan": "success",
        **{f"map/{index}": "failure" if index == 2 else "success" for index in range(5)},
        "reduce": "failure",
    }
    counts = fanned.first["results"]["counts"]
    assert counts["planned"] == ITEMS
    assert counts["succeeded"] >= ITEMS - 40
    assert counts["succeeded"] + counts["cancelled"] + counts["not_run"] == ITEMS
    assert fanned.first["outputs"]["result"] == "failure"


def test_what_did_not_fail_is_pushed_to_the_branch_of_the_run_alone(fanned: FannedOut) -> None:
    outputs = fanned.first["outputs"]
    base = outputs["base-sha"]

    assert fanned.first["branches"] == [f"main {base}", f"{outputs['branch']} {outputs['head-sha']}"]


def test_artifacts_carry_the_shard_and_the_attempt(fanned: FannedOut) -> None:
    assert fanned.first["artifacts"] == {
        "prodigy-1-plan",
        *(f"prodigy-1-shard-{index}-attempt-1" for index in range(5)),
        "prodigy-1-results-attempt-1",
    }
    assert fanned.second["artifacts"] - fanned.first["artifacts"] == {
        "prodigy-1-shard-2-attempt-2",
        "prodigy-1-results-attempt-2",
    }


def test_rerunning_the_failed_jobs_executes_only_what_was_not_finished(fanned: FannedOut) -> None:
    again = fanned.second["executed"] - fanned.first["executed"]

    assert str(HANGING) in again
    assert set(fanned.second["executed"]) == {str(n) for n in range(ITEMS)}
    # Only the one that hung was executed twice: finished items stay, those that waited run for the first time.
    assert {n for n, times in fanned.second["executed"].items() if times > 1} == {str(HANGING)}


def test_the_re_run_lands_everything(fanned: FannedOut) -> None:
    assert set(fanned.second["jobs"].values()) == {"success"}
    outputs, results = fanned.second["outputs"], fanned.second["results"]
    assert (outputs["result"], outputs["total"], outputs["failed-items"]) == ("success", str(ITEMS), "[]")
    assert results["counts"]["succeeded"] == ITEMS
    assert f"main {outputs['head-sha']}" in fanned.second["branches"]
    assert git(fanned.origin, "show", "main:total").split() == [str(ITEMS), str(ITEMS)]


def test_the_pushed_tree_has_what_every_item_made(fanned: FannedOut) -> None:
    names = git(fanned.origin, "ls-tree", "--name-only", "main").split()

    assert {name for name in names if name.startswith("made-")} == {f"made-{n}" for n in range(ITEMS)}
    assert git(fanned.origin, "show", "main:counted").strip() == "2"


def test_an_empty_plan_skips_the_map_and_is_reduced(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    origin = make_repository(tmp_path / "origin", {"items.json": "[]", "prodigy.yml": WORKFLOW})
    inputs = {"workflow": "prodigy.yml", "params": f"marks={tmp_path / 'marks'}", "run-as": "root", "push": "branch"}
    run = WorkflowRun(FANOUT, tmp_path, origin, inputs)

    run.run()

    assert {name: end.result for name, end in run.ends.items()} == {
        "plan": "success",
        "map": "skipped",
        "reduce": "success",
    }
    assert (run.outputs["result"], run.outputs["total"]) == ("success", "0")
    assert git(origin, "show", f"{run.outputs['branch']}:total").split() == ["0", "0"]
