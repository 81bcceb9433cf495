"""Runs that are killed (-9) between the steps of keeping an item: objects, record, worktree, landing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support.blackbox import TIMEOUT, prodigy
from tests.support.git import clean_environ, git, make_repository
from tests.support.killing import records_of

ITEMS = 8
WORKFLOW = """
name: killed
map:
  input: [0, 1, 2, 3, 4, 5, 6, 7]
  max_parallel: 3
  agent_template:
    - shell: echo ${item} >> COUNTS; echo ${item} > own-${item}; git add . && git commit -qm ${item}
"""
STORE, JOURNAL = "prodigy_action.adapters.results.state_store", "prodigy_action.adapters.results.journal"
POOL, LANDING = "prodigy_action.adapters.worktrees.pool", "prodigy_action.adapters.landing.merging"


@pytest.mark.parametrize(
    ("module", "name", "number", "when"),
    (
        (STORE, "StateStore._sync", 3, "before"),
        (STORE, "StateStore._write", 3, "after"),
        (POOL, "_make_pristine", 3, "before"),
        (POOL, "WorktreePool._collect", 4, "after"),
        (JOURNAL, "FileJournal._write", 9, "before"),
        (JOURNAL, "FileJournal._write", 10, "after"),
        (LANDING, "MergingBranch._advance", 3, "before"),
        (LANDING, "MergingBranch._land_all", 2, "after"),
    ),
    ids=(
        "objects written, not synced",
        "objects synced",
        "before the worktree is restored",
        "collected",
        "before a record",
        "after a record",
        "before the branch moves",
        "landed, not recorded",
    ),
)
def test_an_item_counts_when_its_objects_and_its_record_are_on_disk_and_then_it_lands_once(
    tmp_path: Path, module: str, name: str, number: int, when: str
) -> None:
    repository, counts = make_repository(tmp_path / "r"), tmp_path / "counts"
    (tmp_path / "tmp").mkdir()
    temporary = {"TMPDIR": str(tmp_path / "tmp")}
    (workflow := tmp_path / "workflow.yml").write_text(WORKFLOW.replace("COUNTS", str(counts)))
    died = subprocess.run(
        [sys.executable, "-m", "tests.support.dying", module, name, str(number), when,
         "run", str(workflow)],
        cwd=repository, env=clean_environ(PYTHONPATH=str(Path(__file__).parents[2]), **temporary), timeout=TIMEOUT,
        check=False, capture_output=True,
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    results = repository / "prodigy-results"
    recorded = {str(record["item_id"]) for record in records_of(results) if record["event"] == "agent_finished"}
    before = Counter(counts.read_text().split())

    options = ("--resume-from", str(results), "--redrive", "unfinished")
    resumed = prodigy(repository, "run", str(workflow), *options, **temporary)

    assert resumed.exit_code == 0, resumed.stdout + resumed.stderr
    again = Counter(counts.read_text().split()) - before
    assert not recorded & again.keys(), "what was on record is not executed again"
    assert {f"own-{item}" for item in range(ITEMS)} <= resumed.tree().keys()
    merges = git(repository, "log", "--first-parent", "--merges", "--format=%s").splitlines()
    assert len(merges) == len(set(merges)) == ITEMS
    assert git(repository, "fsck", "--strict") == ""
