"""The dead-letter queue: of every item that did not land, everything that is needed to understand and repair it."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository
from tests.support.killing import started

ITEMS = [{"n": n, "does": does} for n, does in enumerate(("lands", "fails", "hangs", "clashes", "rewrites", "lands"))]
WORKFLOW = f"""
name: letters
retry_config: {{attempts: 2, initial_delay: 1ms}}
map:
  input: {json.dumps(ITEMS)}
  max_parallel: 2
  timeout_config: {{agent_timeout_secs: 3}}
  agent_template:
    - shell: |
        echo "work of ${{item.n}}"
        echo "${{item.n}}" > "own-${{item.n}}"
        if [ "${{item.does}}" = clashes ] || [ "${{item.n}}" = 0 ]; then echo "${{item.n}}" > shared; fi
        if [ "${{item.does}}" = rewrites ]; then git add -A; git commit -q --amend -m other; exit 0; fi
        git add -A && git commit -qm "${{item.n}}"
    - name: judge
      shell: |
        echo "${{item.n}} uncommitted" > left
        echo "judging ${{item.n}}"
        case "${{item.does}}" in fails) exit 42;; hangs) sleep 600;; esac
        rm left
"""


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    repository = make_repository(tmp_path_factory.mktemp("letters") / "r", {"shared": "start\n"})
    return run(repository, WORKFLOW)


def letter(letters: Ended, does: str) -> dict[str, Any]:
    (found,) = [item for item in letters.results["items"] if item["item"]["does"] == does]
    assert isinstance(found, dict)
    return found


def content(letters: Ended, path: str) -> str:
    return (letters.results_dir / path).read_text()


def test_each_item_is_in_its_state_and_the_others_landed(letters: Ended) -> None:
    assert letters.states == ["succeeded", "failed", "timed_out", "conflicted", "failed", "succeeded"]
    assert set(letters.tree()) == {"shared", "own-0", "own-5"}
    assert letters.exit_code == 1


@pytest.mark.parametrize(
    ("does", "kind", "message", "step", "exit_code", "tail"),
    (
        ("fails", "step_failed", "judge: exit code 42", "judge", 42, "judging 1"),
        ("hangs", "timed_out", "the agent timed out after 3 s, in judge", "judge", None, "judging 2"),
        ("rewrites", "worktree_unusable", "commit: the history was rewritten", "commit", None, "judging 4"),
    ),
)
def test_a_failure_shows_its_step_exit_code_output_and_every_execution(
    letters: Ended, does: str, kind: str, message: str, step: str, exit_code: int | None, tail: str
) -> None:
    item = letter(letters, does)
    error = item["error"]
    assert (error["kind"], error["step"], error["exit_code"]) == (kind, step, exit_code)
    assert error["message"].startswith(message)
    assert tail in error["output_tail"]
    assert [attempt["number"] for attempt in item["attempts"]] == [1, 2]
    assert all(attempt["error"] == error["message"] for attempt in item["attempts"])
    log = content(letters, item["log"])
    assert log.count(f"work of {item['n'] if 'n' in item else item['item']['n']}\n") == 2
    assert "=== execution 2 of this item" in log


@pytest.mark.parametrize("does", ("fails", "hangs"))
def test_the_patch_holds_what_was_committed_and_what_was_not(letters: Ended, tmp_path: Path, does: str) -> None:
    item = letter(letters, does)
    patch = letters.results_dir / item["patch"]
    number = item["item"]["n"]
    fresh = make_repository(tmp_path / "fresh", {"shared": "start\n"})
    git(fresh, "apply", str(patch))
    assert (fresh / f"own-{number}").read_text() == f"{number}\n"
    assert (fresh / "left").read_text() == f"{number} uncommitted\n"


def test_a_conflict_names_files_and_counterparts_and_keeps_the_commits_as_a_patch(letters: Ended) -> None:
    item = letter(letters, "clashes")
    assert item["conflict"] == {"files": ["shared"], "with_items": [0]}
    assert item["commits"]
    patch = content(letters, item["patch"])
    assert "+++ b/own-3" in patch
    assert "+++ b/shared" in patch


def test_a_rewritten_history_is_in_the_patch_too(letters: Ended) -> None:
    assert "+++ b/own-4" in content(letters, letter(letters, "rewrites")["patch"])


def test_an_item_that_the_end_of_the_run_cut_off_keeps_log_and_patch(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"shared": "start\n"})
    (tmp_path / "workflow.yml").write_text(
        WORKFLOW.replace("agent_timeout_secs: 3", "agent_timeout_secs: 600").replace(
            "hangs) sleep", 'hangs) touch "$SCRATCH/hangs"; sleep'
        )
    )
    arguments = ("run", "../workflow.yml", "--log-format", "json")
    with started(repository, *arguments, SCRATCH=str(tmp_path)) as running:
        deadline = time.monotonic() + 60
        while not (tmp_path / "hangs").exists():
            assert time.monotonic() < deadline, "the item never hung"
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 143
    ended = Ended(143, "", "", repository, repository / "prodigy-results")
    item = letter(ended, "hangs")
    assert item["state"] == "cancelled"
    assert item["reason"] == "the run was cancelled while it was in judge"
    assert "judging 2" in item["error"]["output_tail"]
    assert "judging 2" in content(ended, item["log"])
    assert "+++ b/own-2" in content(ended, item["patch"])
    assert (
        sum(count for state, count in ended.results["counts"].items() if state not in {"planned", "selected_out"}) == 6
    )


def test_no_patch_is_left_of_an_execution_that_a_later_one_made_good(tmp_path: Path) -> None:
    workflow = """
name: letters
retry_config: {attempts: 2, initial_delay: 1ms}
map:
  input: [0]
  agent_template:
    - shell: echo x > made; test -e "$SCRATCH/again" || { touch "$SCRATCH/again"; exit 1; }
    - shell: git add -A && git commit -qm made
"""
    repository = make_repository(tmp_path / "r", {"start": ""})
    ended = run(repository, workflow, SCRATCH=str(tmp_path))
    assert ended.states == ["succeeded"]
    assert ended.results["items"][0]["patch"] is None
    assert list((ended.results_dir / "patches").iterdir()) == []
