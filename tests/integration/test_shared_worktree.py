"""`map.isolation: none`, through the command line: items that share one worktree and may change nothing in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.fake_job import fake_job
from tests.support.git import git, make_repository

WORKFLOW = """
name: checks
mode: mapreduce
setup:
  - shell: echo made > made.txt
map:
  input: [{n: 0}, {n: 1}, {n: 2}, {n: 3}, {n: 4}]
  isolation: none
  max_parallel: 2
  agent_timeout_secs: 20s
  agent_template:
    - shell: |
        pwd >> "$PRODIGY_TRACE/places"; id -u >> "$PRODIGY_TRACE/users"; echo x >> "$PRODIGY_TRACE/${item.n}"
        git branch --show-current >> "$PRODIGY_TRACE/branches"
    - shell: STEP
      timeout: 2s
      capture: said
error_policy:
  on_item_failure: retry
  retry_config: {attempts: 2, initial_delay: 10ms}
reduce:
  - shell: pwd >> "$PRODIGY_TRACE/reduce"; id -u >> "$PRODIGY_TRACE/users"; cat made.txt
"""
FILES = {"a.txt": "a\n", "b.txt": "b\n", ".gitignore": "*.log\n"}


def carried_out(tmp_path: Path, step: str, *options: str) -> Ended:
    repository = make_repository(tmp_path / "repository", FILES)
    (tmp_path / "trace").mkdir()
    return run(repository, WORKFLOW.replace("STEP", step), *options, PRODIGY_TRACE=str(tmp_path / "trace"))


def traced(tmp_path: Path, name: str) -> list[str]:
    return (tmp_path / "trace" / name).read_text().splitlines()


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """Item 1 succeeds when it is executed again, item 2 fails, item 3 takes too long; item 4 writes a file anew."""
    tmp_path = tmp_path_factory.mktemp("checked")
    step = """|
        case "${item.n}" in
          1) test "$(wc -l < "$PRODIGY_TRACE/1")" -ge 2 || exit 1 ;;
          2) echo wrong; exit 3 ;;
          3) sleep 60 ;;
          4) cp a.txt "$PRODIGY_TRACE/copy"; rm a.txt; cp "$PRODIGY_TRACE/copy" a.txt; touch b.txt ;;
        esac
        echo "checked ${item.n}\""""
    return tmp_path, carried_out(tmp_path, step)


def test_items_are_accounted_for_as_always(checked: tuple[Path, Ended]) -> None:
    tmp_path, ended = checked
    assert ended.exit_code == 1, ended.stdout
    assert ended.states == ["unchanged", "unchanged", "failed", "timed_out", "unchanged"]
    assert [len(traced(tmp_path, str(number))) for number in range(5)] == [1, 2, 2, 2, 1]
    end = next(each for each in ended.events if each["event"] == "agent_finished" and each["item_id"] == 4)
    assert end["captures"] == {"said": "checked 4"}
    assert ended.results["items"][2]["error"]["exit_code"] == 3


def test_all_items_run_in_the_worktree_of_reduce(checked: tuple[Path, Ended]) -> None:
    tmp_path, _ = checked
    assert set(traced(tmp_path, "places")) == set(traced(tmp_path, "reduce"))
    assert len(set(traced(tmp_path, "branches"))) == 1


def test_a_file_written_anew_with_its_own_content_is_no_change(checked: tuple[Path, Ended]) -> None:
    _, ended = checked
    assert ended.results["phases"]["map"]["state"] == ended.results["phases"]["reduce"]["state"] == "succeeded"


CHANGES = """|
        case "${item.n}" in
          0) echo more >> a.txt ;;
          1) mkdir new && touch new/file cache.log ;;
          2) git branch topic ;;
          3) git config user.name somebody ;;
          4) rm b.txt && git add b.txt ;;
        esac"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    tmp_path = tmp_path_factory.mktemp("changed")
    return tmp_path, carried_out(tmp_path, CHANGES)


def test_what_items_changed_fails_the_map_and_is_named(changed: tuple[Path, Ended]) -> None:
    tmp_path, ended = changed
    assert ended.exit_code == 1
    phases = ended.results["phases"]
    assert phases["map"]["state"] == "failed"
    problem = next(e for e in ended.events if e["event"] == "phase_finished" and e["phase"] == "map")["error"]
    assert problem["kind"] == "WorktreeChanged"
    for name in ("a.txt", "b.txt", "cache.log", "new", "new/file", "the index", "refs/heads/topic", "configuration"):
        assert name in problem["message"], problem["message"]
    assert "made.txt" not in problem["message"]
    assert "a.txt" in ended.stdout + ended.stderr
    assert not (tmp_path / "trace" / "reduce").exists()
    assert git(ended.repository, "status", "--porcelain", "--untracked-files=no") == ""
    assert "topic" not in git(ended.repository, "branch", "--format=%(refname:short)").split()


def test_after_such_a_failure_a_resume_executes_all_items_again(changed: tuple[Path, Ended]) -> None:
    tmp_path, ended = changed
    before = [len(traced(tmp_path, str(number))) for number in range(5)]
    workflow, trace = tmp_path / "workflow.yml", str(tmp_path / "trace")
    again = prodigy(
        ended.repository, "run", str(workflow), "--resume-from", "prodigy-results", "--redrive", "unfinished",
        PRODIGY_TRACE=trace,
    )  # fmt: skip
    assert again.exit_code == 1
    assert [len(traced(tmp_path, str(number))) for number in range(5)] == [each + 1 for each in before]


def test_a_commit_of_an_item_fails_the_map(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, 'test "${item.n}" != 1 || git commit -q --allow-empty -m made')
    assert ended.exit_code == 1
    assert ended.results["phases"]["map"]["state"] == "failed"
    assert "refs/heads/prodigy/" in ended.stdout + ended.stderr
    assert git(ended.repository, "log", "--format=%s", "--all").count("made") == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")
def test_with_run_as_owner_items_run_as_the_user_of_reduce() -> None:
    with fake_job() as job:
        (job.root / "workflow.yml").write_text(WORKFLOW.replace("STEP", "'true'"))
        environ = {**job.environ, "PRODIGY_TRACE": str(job.shared)}
        ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **environ)
        assert ended.exit_code == 0, ended.stdout + ended.stderr
        users = (job.shared / "users").read_text().split()
    assert len(users) == 6
    assert len(set(users)) == 1
    assert users[0] != "0"


REFUSED = """name: refused
mode: mapreduce
map:
  input: [1]
  isolation: none
  commit: auto
  on_conflict: rerun
  agent_template:
    - shell: make
      commit_required: true
    - shell: make
      auto_commit: true
      on_failure:
        commit_required: true
        commands:
          - shell: make again
"""


def test_what_asks_for_commits_is_refused_in_place(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(repository, REFUSED)
    assert ended.exit_code == 2
    said = ended.stdout + ended.stderr
    for line, column, name in ((6, 11, "commit"), (7, 16, "on_conflict"), (10, 24, "commit_required"),
                               (12, 20, "auto_commit"), (14, 26, "commit_required")):  # fmt: skip
        assert f"workflow.yml:{line}:{column}: " in said, said
        assert f"`{name}` cannot work" in said
    assert not ended.results_dir.exists()


WRITING = """name: writing
mode: mapreduce
map:
  input: [1]
  isolation: none
  agent_template:
    - shell: echo result > out.txt
    - write_file: {path: notes.md, content: x}
    - shell: grep -q x notes.md
      output_file: found.txt
    - shell: grep -q x notes.md
"""


def test_a_step_that_certainly_writes_is_a_warning(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    (tmp_path / "workflow.yml").write_text(WRITING)
    ended = prodigy(repository, "validate", str(tmp_path / "workflow.yml"))
    assert ended.exit_code == 0
    said = ended.stdout + ended.stderr
    for line, name in ((7, "out.txt"), (8, "notes.md"), (10, "found.txt")):
        assert any(f":{line}:" in each and f"writes '{name}'" in each for each in said.splitlines()), said
    assert said.count("the step writes") == 3
