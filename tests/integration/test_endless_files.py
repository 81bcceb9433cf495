"""Files that an item leaves in the places of git's own files hold up neither the item nor the run."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.commands import opened
from tests.support.git import git, make_repository
from tests.support.killing import started

ATTACKS = {
    "HEAD is a link to a device": 'rm "$G/HEAD"; ln -s /dev/zero "$G/HEAD"',
    "HEAD is a FIFO": 'rm "$G/HEAD"; mkfifo "$G/HEAD"',
    "the branch is a FIFO": 'R=$(git symbolic-ref HEAD); rm "$G/$R"; mkfifo "$G/$R"',
    "packed-refs is a FIFO": 'git checkout -q --orphan x; rm "$G/packed-refs"; mkfifo "$G/packed-refs"',
    "the index is a FIFO": 'rm "$G/index"; mkfifo "$G/index"',
    "the configuration is a device": 'rm "$G/config"; ln -s /dev/zero "$G/config"',
    ".gitignore is a FIFO": "rm -f .gitignore; mkfifo .gitignore",
    ".gitattributes is a FIFO": "mkdir deep; mkfifo deep/.gitattributes",
    ".gitignore is huge": "truncate -s 20G .gitignore",
    ".git is a FIFO": "rm .git; mkfifo .git",
}
CASES = "".join(f"          {number}) {attack} ;;\n" for number, attack in enumerate(ATTACKS.values()))
WORKFLOW = f"""
name: endless
map:
  input: items.json
  max_parallel: 4
  agent_timeout_secs: 60
  agent_template:
    - shell: |
        echo good > "file-${{item}}"
        G=$(git rev-parse --absolute-git-dir)
        case ${{item}} in
{CASES}        esac
    NEXT
error_policy: {{max_failures: 100, continue_on_failure: true}}
"""
NEXT = {"at the end": "", "in a commit": "- shell: 'true'\n      auto_commit: true"}


@pytest.mark.parametrize("then", NEXT)
def test_a_file_without_an_end_fails_its_own_item_alone(tmp_path: Path, then: str) -> None:
    items = json.dumps([*range(len(ATTACKS)), "good"])
    repository = make_repository(tmp_path / "r", {"items.json": items, ".gitignore": "x\n"})

    ended = run(repository, WORKFLOW.replace("NEXT", NEXT[then]))

    *attacked, good = ended.states
    assert set(attacked) <= {"failed", "unchanged"}, dict(zip(ATTACKS, attacked, strict=True))
    assert good == ("succeeded" if NEXT[then] else "unchanged")
    if NEXT[then]:
        assert set(attacked) == {"failed"}
        assert git(repository, "show", "HEAD:file-good") == "good"


SPARSE = """
name: sparse
map:
  input: items.json
  agent_template:
    - shell: truncate -s 60G huge; touch STARTED
      auto_commit: true
"""


def test_a_run_that_hashes_a_huge_file_ends_soon_after_a_signal(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"items.json": "[0]"})
    marker = tmp_path / "started"
    (tmp_path / "tmp").mkdir()
    (tmp_path / "w.yml").write_text(SPARSE.replace("STARTED", str(marker)))
    with started(repository, "run", str(tmp_path / "w.yml"), TMPDIR=str(tmp_path / "tmp")) as process:
        while not (marker.exists() and opened("huge")):  # the commit of the step is being made
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        # Hashing the whole file takes longer, and `test_ends_soon` measures how soon it ends.
        assert process.wait(30) == 143
    running = subprocess.check_output(["ps", "-eo", "args"], text=True)
    assert str(tmp_path / "tmp") not in running
