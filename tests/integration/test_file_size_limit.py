"""A limit of the size of files (`ulimit -f`): what cannot be written is named, and nothing is lost in silence."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import clean_environ, git, make_repository

pytestmark = pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit of util-linux sets the limit")

WORKFLOW = """
name: limited
map:
  input: ITEMS
  max_parallel: 1
  agent_template:
    - shell: head -c "${item.size}" /dev/urandom > "file-${item.n}"; git add -A; git commit -qm made
"""


def items(*sizes: int) -> str:
    return json.dumps([{"n": number, "size": size} for number, size in enumerate(sizes)])


def limited(repository: Path, workflow: str, size: int) -> Ended:
    path = repository.parent / "workflow.yml"
    path.write_text(workflow)
    command = ["prlimit", f"--fsize={size}", sys.executable, "-B", "-m", "prodigy_action", "run", str(path)]
    done = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, env=clean_environ(), timeout=120, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr, repository, repository / "prodigy-results")


@pytest.mark.parametrize("size", (0, 1_000))
def test_a_limit_below_what_the_parser_prints_is_refused(size: int, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": "x"})
    ended = limited(repository, WORKFLOW.replace("ITEMS", items(10)), size)

    assert ended.exit_code == 2
    assert f"files may have at most {size:,} bytes here" in ended.stderr
    assert "ulimit -f" in ended.stderr


def test_an_item_whose_commits_cannot_be_kept_fails_and_the_others_land(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": "x"})
    ended = limited(repository, WORKFLOW.replace("ITEMS", items(100, 150_000, 150_000, 100)), 200_000)

    assert ended.exit_code == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert ended.states == ["succeeded", "succeeded", "failed", "succeeded"]
    assert "cannot be written: file too large" in ended.results["items"][2]["error"]["message"]
    assert {"file-0", "file-1", "file-3"} <= ended.tree().keys()


def test_a_journal_that_has_no_room_left_ends_the_run_and_it_can_be_resumed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": "x"})
    workflow = WORKFLOW.replace("ITEMS", items(*[10] * 60))
    ended = limited(repository, workflow, 40_000)

    said = ended.stdout + ended.stderr
    assert ended.exit_code == 1, said
    assert "cannot be written: file too large" in said
    assert "Traceback" not in said
    resumed = run(repository, workflow, "--resume-from", "prodigy-results")
    assert resumed.exit_code == 0, resumed.stdout + resumed.stderr
    names = git(repository, "ls-tree", "--name-only", "HEAD").splitlines()
    assert {f"file-{number}" for number in range(60)} <= set(names)
