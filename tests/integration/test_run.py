"""The main job, through the command line on real git: workflow file in, merged commits and results out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import git, make_repository
from tests.support.timing import best_seconds

APPEND = """
name: append
mode: mapreduce
map:
  input: items.json
  json_path: $.items[*]
  max_parallel: 4
  agent_template:
    - shell: echo "${item.text}" >> "${item.file}" && git commit -qam "edit ${item.file}"
"""


def items(*pairs: tuple[str, str]) -> str:
    entries = ", ".join(f'{{"file": "{file}", "text": "{text}"}}' for file, text in pairs)
    return f'{{"items": [{entries}]}}'


def test_every_items_commits_land_in_item_order_and_the_checkout_follows(tmp_path: Path) -> None:
    names = [f"f{n}.txt" for n in range(6)]
    files = dict.fromkeys(names, "start\n")
    repository = make_repository(tmp_path / "r", {**files, "items.json": items(*((name, name) for name in names))})
    ended = run(repository, APPEND)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["succeeded"] * 6
    assert {name: ended.tree()[name] for name in names} == {name: f"start\n{name}" for name in names}
    merges = git(repository, "log", "--first-parent", "--format=%s").splitlines()
    assert merges == [*(f"Merge item {n} (append)" for n in reversed(range(6))), "start"]
    assert (repository / "f3.txt").read_text() == "start\nf3.txt\n"
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "worktree", "list").count("\n") == 0
    assert git(repository, "rev-parse", "HEAD") == ended.results["head_sha"]
    assert git(repository, "rev-parse", f"prodigy/{ended.results['run_id']}") == ended.results["head_sha"]


def test_the_results_say_when_the_run_began_and_how_long_it_took(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": "start\n", "items.json": items(("f", "x"))})
    before = datetime.now(UTC)
    ended = run(repository, APPEND)
    took = (datetime.now(UTC) - before).total_seconds()
    assert before <= datetime.fromisoformat(ended.results["started_at"]) + timedelta(milliseconds=1)
    assert 0 < ended.results["seconds"] <= took
    assert ended.results["started_at"] == ended.events[0]["at"]


def test_two_items_that_edit_the_same_line_conflict_and_the_first_in_item_order_lands(tmp_path: Path) -> None:
    slow_first = APPEND.replace("- shell: echo", '- shell: sleep "${item.text}"; echo')
    pairs = (("shared.txt", "0.6"), ("shared.txt", "0.1"), ("own.txt", "0"))
    repository = make_repository(
        tmp_path / "r", {"shared.txt": "start\n", "own.txt": "start\n", "items.json": items(*pairs)}
    )
    ended = run(repository, slow_first)
    assert ended.exit_code == 1
    assert ended.states == ["succeeded", "conflicted", "succeeded"]
    assert ended.results["items"][1]["conflict"] == {"files": ["shared.txt"], "with_items": [0]}
    assert ended.tree()["shared.txt"] == "start\n0.6"
    assert "+0.1" in (ended.results_dir / ended.results["items"][1]["patch"]).read_text()
    assert ended.results["counts"]["conflicted"] == 1


def test_a_failing_item_hurts_only_itself(tmp_path: Path) -> None:
    workflow = APPEND.replace("agent_template:", "agent_template:\n    - shell: 'test \"${item.text}\" != bad'")
    pairs = (("a", "good"), ("b", "bad"), ("c", "good"))
    repository = make_repository(tmp_path / "r", {"a": "", "b": "", "c": "", "items.json": items(*pairs)})
    ended = run(repository, workflow)
    assert ended.exit_code == 1
    assert ended.states == ["succeeded", "failed", "succeeded"]
    error = ended.results["items"][1]["error"]
    assert (error["kind"], error["step"], error["exit_code"]) == ("step_failed", 'test "${item.text}" != bad', 1)
    assert ended.tree()["c"] == "good"
    assert (ended.results_dir / ended.results["items"][1]["log"]).exists()


def test_tolerated_failures_are_a_partial_success(tmp_path: Path) -> None:
    workflow = "max_failures: 1" + APPEND.replace(
        "agent_template:", "agent_template:\n    - shell: test ${item.text} != bad"
    )
    repository = make_repository(tmp_path / "r", {"a": "", "b": "", "items.json": items(("a", "good"), ("b", "bad"))})
    ended = run(repository, workflow)
    assert (ended.exit_code, ended.results["result"]) == (0, "partial")


def test_setup_map_and_reduce_work_together(tmp_path: Path) -> None:
    workflow = """
name: whole
mode: mapreduce
env:
  GREETING: hello
setup:
  - shell: printf '[{"n":1},{"n":2},{"n":3}]' > items.json
  - shell: echo 7
    capture: seven
map:
  input: items.json
  filter: n >= 2
  sort_by: n DESC
  agent_template:
    - shell: |
        echo "$GREETING ${item.n} ${seven} ${item_index}/${item_total}" > "out-${item.n}.txt"
        git add . && git commit -qm "item ${item.n}"
reduce:
  - shell: |
      cat out-*.txt > all.txt
      echo "${map.successful}/${map.total}" >> all.txt
      git add all.txt && git commit -qm reduce
"""
    repository = make_repository(tmp_path / "r", {"README": "x"})
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["all.txt"] == "hello 2 7 1/2\nhello 3 7 0/2\n2/2"
    assert "items.json" not in ended.tree()
    assert ended.results["counts"]["selected_out"] == 1
    assert ended.results["phases"]["reduce"]["state"] == "succeeded"


def test_a_failing_reduce_publishes_the_branch_alone(tmp_path: Path) -> None:
    workflow = APPEND + "reduce:\n  - shell: exit 3\n"
    repository = make_repository(tmp_path / "r", {"a": "", "items.json": items(("a", "x"))})
    before = git(repository, "rev-parse", "HEAD")
    ended = run(repository, workflow)
    assert ended.exit_code == 1
    assert git(repository, "rev-parse", "HEAD") == before
    assert ended.tree(f"prodigy/{ended.results['run_id']}")["a"] == "x"
    assert ended.results["phases"]["reduce"]["state"] == "failed"


def test_a_failing_setup_publishes_nothing(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": "", "items.json": items(("a", "x"))})
    ended = run(repository, "setup:\n  - shell: exit 3\n" + APPEND.lstrip())
    assert ended.exit_code == 1
    assert git(repository, "branch", "--list", "prodigy/*") == ""
    assert ended.results["items"] == []


@pytest.mark.parametrize("agents", (1, 4))
def test_zero_items_still_run_reduce(tmp_path: Path, agents: int) -> None:
    workflow = APPEND + "reduce:\n  - shell: echo ${map.total} > n && git add n && git commit -qm n\n"
    repository = make_repository(tmp_path / "r", {"items.json": '{"items": []}'})
    ended = run(repository, workflow, "--max-parallel", str(agents))
    assert (ended.exit_code, ended.tree()["n"]) == (0, "0")


def test_five_mistakes_are_five_diagnostics_and_nothing_is_touched(tmp_path: Path) -> None:
    workflow = """name: wrong
mode: mapreduce
setup:
  - shell: echo
    timeout: soon
map:
  input: items.json
  max_parallel: 0
  filter: "n >= "
  json_path: "$.items["
  agent_template:
    - shell: a
      claude: b
"""
    repository = make_repository(tmp_path / "r", {"items.json": "[]"})
    ended = run(repository, workflow)
    assert ended.exit_code == 2
    located = [line for line in ended.stderr.splitlines() if "workflow.yml:" in line and "error" in line]
    assert len(located) == 5
    assert not ended.results_dir.exists()
    assert git(repository, "status", "--porcelain") == ""


def test_a_local_change_in_the_way_is_never_lost(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": "start\n", "items.json": items(("a", "x"))})
    (repository / "a").write_text("mine\n")
    ended = run(repository, APPEND)
    assert ended.exit_code == 0
    assert (repository / "a").read_text() == "mine\n"
    assert ended.tree(ended.results["branch"])["a"] == "start\nx"


@pytest.mark.timing
def test_ten_items_of_one_second_five_wide_take_two_to_three_seconds(tmp_path: Path) -> None:
    workflow = """
name: slow
map:
  input: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  max_parallel: 5
  agent_template:
    - shell: sleep 1
"""

    def measure(number: int) -> float:
        ended = run(make_repository(tmp_path / str(number), {"a": ""}), workflow)
        assert ended.exit_code == 0
        return float(ended.results["phases"]["map"]["seconds"])

    assert 2 <= best_seconds(measure, below=3) < 3


@pytest.mark.stress
def test_24_agents_at_once_each_editing_its_own_file_all_land(tmp_path: Path) -> None:
    names = [f"f{n}" for n in range(24)]
    files = dict.fromkeys(names, "start\n")
    for repetition in range(20):
        repository = make_repository(
            tmp_path / str(repetition), {**files, "items.json": items(*((name, "x") for name in names))}
        )
        ended = run(repository, APPEND, "--max-parallel", "24")
        assert (ended.exit_code, ended.states) == (0, ["succeeded"] * 24), ended.stdout
        tree = ended.tree()
        assert [tree[name] for name in names] == ["start\nx"] * 24


def test_the_version_is_reported_without_a_workflow(tmp_path: Path) -> None:
    ended = prodigy(tmp_path, "--version")
    assert (ended.exit_code, ended.stdout.split()[0]) == (0, "prodigy-action")


def test_a_results_directory_that_is_a_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": "start\n", "items.json": items(("f", "x"))})
    ended = run(repository, APPEND, "--results-dir", "f")
    assert ended.exit_code == 2
    assert "cannot be used: it is no directory" in ended.stderr
    assert (repository / "f").read_text() == "start\n"


def test_the_merge_steps_see_what_is_about_to_be_published(tmp_path: Path) -> None:
    reported = "source_branch target_branch worktree session_id commit_count modified_files:json file_count file_list"
    fields = " ".join(f"${{merge.{name}}}" for name in reported.split())
    workflow = APPEND + f"merge:\n  - shell: 'git branch --show-current; echo \"{fields}\"'\n"
    repository = make_repository(tmp_path / "r", {"a": "", "b": "", "items.json": items(("a", "x"), ("b", "y"))})
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    branch = f"prodigy/{ended.results['run_id']}"
    session = ended.results["run_id"]
    log = (ended.results_dir / "logs/merge.log").read_text().splitlines()
    files = ",".join(f'{{"path":"{name}","modification_type":"Modified"}}' for name in ("a", "b"))
    assert log[-2:] == [branch, f"{branch} main parent {session} 4 [{files}] 2 a, b"]
    assert git(repository, "rev-list", "--count", f"HEAD~2..{branch}") == "4"


def test_every_execution_is_reported_with_its_start_and_its_slot_and_no_slot_holds_two_at_once(tmp_path: Path) -> None:
    pairs = tuple((f"f{n}", "x" if n != 3 else "bad") for n in range(8))
    workflow = APPEND.replace(
        "agent_template:", "agent_template:\n    - shell: 'test \"${item.text}\" != bad'"
    ).replace("max_parallel: 4", "max_parallel: 2")
    files = {name: "" for name, _ in pairs}
    ended = run(make_repository(tmp_path / "r", {**files, "items.json": items(*pairs)}), workflow)
    attempts = [attempt for item in ended.results["items"] for attempt in item["attempts"]]
    assert len(attempts) == 8
    assert {attempt["slot"] for attempt in attempts} <= {0, 1}
    for slot in (0, 1):
        spans = sorted(
            (datetime.fromisoformat(each["started_at"]), each["seconds"]) for each in attempts if each["slot"] == slot
        )
        for (start, seconds), (following, _) in pairwise(spans):
            assert start + timedelta(seconds=seconds) <= following + timedelta(milliseconds=2)
