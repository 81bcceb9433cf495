"""Full and read-only disks: which items fail, what still holds at the end, and how the run reports it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from prodigy_action.adapters.results.journal import journal_records
from tests.support.blackbox import prodigy, run
from tests.support.git import clean_environ, git, make_repository
from tests.support.small_disks import small_disk

WORKFLOW = """
name: full
map:
  input: [0, 1, 2, 3]
  max_parallel: 1
  agent_template:
    - shell: |
        if [ ${item} = 1 ]; then
          VANDAL
        fi
        test ! -e fill && echo ${item} > own-${item} && git add . && git commit -qm ${item}
"""


@pytest.mark.parametrize(
    ("vandal", "state", "message"),
    (
        ("head -c 1G /dev/zero > fill", "failed", "exit code 1"),
        ("head -c 1G /dev/urandom > fill || true; exit 0", "unchanged", ""),
        ("head -c 1G /dev/urandom > fill || true; git add . && git commit -qm big", "failed", "exit code"),
        (
            "echo 1 > own-1; git add .; git commit -qm 1; head -c 1G /dev/zero > .fill || true; exit 0",
            "failed",
            "landing: no space left on device",
        ),
    ),
)
def test_an_agent_that_fills_the_disk_of_the_worktrees_hurts_itself_alone(
    tmp_path: Path, vandal: str, state: str, message: str
) -> None:
    repository = make_repository(tmp_path / "r", {"start": ""})
    with small_disk(tmp_path / "small", megabytes=24) as disk:
        # With a limit of failures an item lands before its worktree, and with it what fills the disk, is released.
        workflow = WORKFLOW.replace("VANDAL", vandal) + "max_failures: 9\n"
        ended = run(repository, workflow, "--log-format", "json", TMPDIR=str(disk))
        output = ended.stdout + ended.stderr
        assert ended.states == ["succeeded", state, "succeeded", "succeeded"], output
        assert "Traceback" not in output
        assert {"own-0", "own-2", "own-3"} <= set(ended.tree())
        if message:
            assert message in ended.results["items"][1]["error"]["message"]
        assert list(disk.iterdir()) == [], "nothing is left behind"


def test_a_journal_that_cannot_be_written_any_more_ends_the_run_honestly(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"start": ""})
    with small_disk(repository / "prodigy-results", megabytes=8) as results:
        workflow = WORKFLOW.replace(
            "VANDAL",
            'if ! test -e "$RESULTS/../filled"; then touch "$RESULTS/../filled"; '
            'head -c 1G /dev/zero > "$RESULTS/fill" || true; fi',
        )
        workflow = workflow.replace("max_parallel: 1", "max_parallel: 2").replace(
            "[0, 1, 2, 3]", json.dumps(list(range(40)))
        )
        ended = run(repository, workflow, "--log-format", "json", RESULTS=str(results))
        output = ended.stdout + ended.stderr
        assert ended.exit_code == 1, output
        assert "events.jsonl' cannot be written: no space left on device" in output
        assert "Traceback" not in output
        records = list(journal_records(results / "events.jsonl"))
        started = {record["item_id"] for record in records if record["event"] == "agent_started"}
        assert len(started) < 40, "no further item was started"
        assert not [record for record in records if record["event"] == "run_finished"], "the run can be resumed"
        (results / "fill").unlink()
        resumed = run(repository, workflow, "--resume-from", str(results), RESULTS=str(results))
        assert resumed.exit_code == 0, resumed.stdout + resumed.stderr
        assert set(resumed.states) == {"succeeded"}, "nothing that was recorded was lost"
        assert {f"own-{n}" for n in range(40)} <= set(git(repository, "ls-tree", "--name-only", "HEAD").splitlines())


def test_a_command_that_waits_is_ended_when_the_journal_is_lost(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"start": ""})
    workflow = (
        WORKFLOW.replace("max_parallel: 1", "max_parallel: 2")
        .replace("[0, 1, 2, 3]", json.dumps(list(range(40))))
        .replace(
            "VANDAL",
            'until [ -e "$RESULTS/../waits" ]; do sleep 0.05; done; head -c 1G /dev/zero > "$RESULTS/fill" || true',
        )
        .replace("- shell: |", '- shell: |\n        if [ ${item} = 0 ]; then touch "$RESULTS/../waits"; sleep 600; fi')
    )
    with small_disk(repository / "prodigy-results", megabytes=1) as results:
        ended = run(repository, workflow, "--log-format", "json", RESULTS=str(results))
        assert ended.exit_code == 1
        assert "no space left on device" in ended.stdout


def test_a_results_directory_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"start": ""})
    workflow = f"name: full\nsetup:\n  - shell: touch {tmp_path}/ran\n" + WORKFLOW.split("\n", 2)[2]
    with small_disk(repository / "prodigy-results", megabytes=1, read_only=True):
        ended = run(repository, workflow.replace("VANDAL", "true"))
    assert ended.exit_code == 2
    assert "cannot be used: read-only file system" in ended.stderr
    assert "nothing was run" in ended.stderr
    assert not (tmp_path / "ran").exists()


def test_a_full_results_directory_is_refused_before_anything_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"start": ""})
    with small_disk(repository / "prodigy-results", megabytes=1) as results:
        ended = run(repository, WORKFLOW.replace("VANDAL", "true"))
        assert ended.exit_code == 0
        with (results / "summary.md").open("ab") as file, pytest.raises(OSError, match="No space"):
            file.write(b"0" * (2 << 20))
        (results / "logs" / "fill").write_bytes(b"")
        again = run(repository, f"{WORKFLOW.replace('VANDAL', 'true')}", "--results-dir", str(results / "inner"))
    assert again.exit_code == 2
    assert "no space left on device" in again.stderr


@pytest.mark.parametrize("ending", ("> /dev/full", "| true"))
@pytest.mark.parametrize("form", ("json", "console"))
def test_a_terminal_that_is_full_or_gone_changes_nothing_about_the_run(tmp_path: Path, form: str, ending: str) -> None:
    repository = make_repository(tmp_path / "r", {"start": ""})
    (tmp_path / "workflow.yml").write_text(WORKFLOW.replace("VANDAL", "true"))
    script = f"set -o pipefail; {sys.executable} -m prodigy_action run ../workflow.yml --log-format {form} {ending}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=repository, env=clean_environ(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert re.fullmatch("prodigy-action: standard output cannot be written: [a-z ]+\n", done.stderr)
    assert "own-3" in git(repository, "ls-tree", "--name-only", "HEAD").splitlines()


def test_a_read_only_checkout_is_refused_before_items_run(tmp_path: Path) -> None:
    workflow = "name: w\nmap:\n  input: [a]\n  agent_template:\n    - shell: 'true'\n"
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        repository = make_repository(disk / "repository", {"w.yml": workflow})
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        ended = prodigy(repository, "run", "w.yml", "--results-dir", str(tmp_path / "results"))
    assert ended.exit_code == 2
    assert ended.stderr.count("error:") == 1
    assert "is on a read-only file system" in ended.stderr
    assert "without `:ro`" in ended.stderr
    assert not (tmp_path / "results/events.jsonl").exists()
