"""`map.on_conflict`: what becomes of items that do not merge, through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository

LINES = "".join(f"line {number}\n" for number in range(1, 9))
ITEMS = "[{n: 2, to: two}, {n: 3, to: three}, {n: 2, to: zwei}, {n: 7, to: seven}]"
WORKFLOW = """
name: conflicts
mode: mapreduce
map:
  input: ITEMS
  on_conflict: WHAT
  max_parallel: 4
  agent_template:
    - shell: |
        if [ -e veto ]; then grep -q "^line ${item.n}$" shared.txt || exit 1; fi
        sleep 0.$(($$ % 3))
        echo x >> "$PRODIGY_TRACE/${item_index}"
        sed -i "${item.n}s/.*/${item.to}/" shared.txt
        git commit -qam "edit ${item.n}"
reduce:
  - shell: cp shared.txt seen.txt && git add seen.txt && git commit -qm seen
"""


def carried_out(tmp_path: Path, what: str, *options: str, extra: dict[str, str] | None = None) -> Ended:
    repository = make_repository(tmp_path / "repository", {"shared.txt": LINES, **(extra or {})})
    return carried_out_on(repository, tmp_path, what, *options)


def carried_out_on(repository: Path, tmp_path: Path, what: str, *options: str) -> Ended:
    (tmp_path / "trace").mkdir()
    workflow = WORKFLOW.replace("WHAT", what).replace("ITEMS", ITEMS)
    return run(repository, workflow, *options, PRODIGY_TRACE=str(tmp_path / "trace"))


def executions(tmp_path: Path) -> list[int]:
    return [len((tmp_path / "trace" / str(number)).read_text().split()) for number in range(4)]


def test_dlq_leaves_every_conflicting_item_out(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "dlq")
    assert ended.exit_code == 1, ended.stdout
    assert ended.states == ["succeeded", "conflicted", "conflicted", "succeeded"]
    assert [item["landed_by"] for item in ended.results["items"]] == ["merge", None, None, "merge"]


@pytest.mark.parametrize("shape", ("merge", "squash"))
@pytest.mark.parametrize("commits", ("as-made", "deterministic"))
def test_rebase_lands_what_only_touches_and_leaves_what_contradicts(tmp_path: Path, shape: str, commits: str) -> None:
    ended = carried_out(tmp_path, "rebase", "--merge-strategy", shape, "--commits", commits)
    assert ended.exit_code == 1, ended.stdout
    assert ended.states == ["succeeded", "succeeded", "conflicted", "succeeded"]
    assert [item["landed_by"] for item in ended.results["items"]] == ["merge", "rebase", None, "merge"]
    expected = LINES.replace("line 2", "two").replace("line 3", "three").replace("line 7", "seven")
    assert ended.tree()["shared.txt"] == ended.tree()["seen.txt"] == expected.rstrip("\n")
    assert ended.results["items"][2]["conflict"] == {"files": ["shared.txt"], "with_items": [0, 1]}
    assert executions(tmp_path) == [1, 1, 1, 1]
    first_parents = git(ended.repository, "log", "--first-parent", "--format=%s", "HEAD~1").splitlines()
    assert len(first_parents) == 4
    assert "edit 3" in git(ended.repository, "log", "--format=%s")


def test_rerun_executes_conflicting_items_again_on_what_landed_in_item_order(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "rerun")
    assert ended.exit_code == 0, ended.stdout
    assert ended.states == ["succeeded"] * 4
    assert [item["landed_by"] for item in ended.results["items"]] == ["merge", "rerun", "rerun", "merge"]
    assert executions(tmp_path) == [1, 2, 2, 1]
    expected = LINES.replace("line 2", "zwei").replace("line 3", "three").replace("line 7", "seven")
    assert ended.tree()["shared.txt"] == ended.tree()["seen.txt"] == expected.rstrip("\n")
    again = ended.results["items"][2]
    assert [(attempt["number"], attempt["state"]) for attempt in again["attempts"]] == [
        (1, "succeeded"),
        (2, "succeeded"),
    ]
    assert again["attempts"][0]["conflict"] == {"files": ["shared.txt"], "with_items": [0]}
    assert (again["conflict"], again["patch"]) == (None, None)
    assert ended.results["counts"]["succeeded"] == 4
    merges = git(ended.repository, "log", "--first-parent", "--format=%s", "HEAD~1").splitlines()
    titles = ("item 2", "item 1", "item 3", "item 0")
    assert merges == [*(f"Merge {title} (conflicts)" for title in titles), "start"]


def test_an_item_that_fails_when_it_is_executed_again_keeps_the_patch_of_what_did_not_merge(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "rerun", extra={"veto": ""})
    assert ended.exit_code == 1
    assert ended.states == ["succeeded", "succeeded", "failed", "succeeded"]
    failed = ended.results["items"][2]
    assert [attempt["state"] for attempt in failed["attempts"]] == ["succeeded", "failed"]
    assert failed["error"]["step"] == failed["steps"][0]["name"]
    assert "+zwei" in (ended.results_dir / failed["patch"]).read_text()
    assert ended.tree()["shared.txt"].splitlines()[1] == "two"


@pytest.mark.parametrize("what", ("dlq", "rebase", "rerun"))
def test_the_same_commit_whatever_the_parallelism(tmp_path: Path, what: str) -> None:
    origin = make_repository(tmp_path / "origin", {"shared.txt": LINES})
    heads = set()
    for parallel in ("1", "2", "8"):
        place = tmp_path / parallel
        git(origin, "clone", "-q", str(origin), str(place / "repository"))
        options = ("--commits", "deterministic", "--max-parallel", parallel)
        ended = carried_out_on(place / "repository", place, what, *options)
        heads.add(git(ended.repository, "rev-parse", "HEAD~1"))
    assert len(heads) == 1


CARRYING = """
name: carrying
mode: mapreduce
setup:
  - shell: echo generated > made-by-setup.txt
map:
  input: [{n: 0}, {n: 1}, {n: 2}]
  carry: [.env]
  on_conflict: rerun
  agent_template:
    - shell: |
        cat .env made-by-setup.txt >> seen-${item.n}.txt
        echo ${item.n} >> shared.txt
        git add -f seen-${item.n}.txt made-by-setup.txt shared.txt && git commit -qm "item ${item.n}"
"""


def test_an_item_that_is_executed_again_sees_what_was_carried_and_what_landed(tmp_path: Path) -> None:
    files = {"shared.txt": "start\n", ".gitignore": ".env\n"}
    repository = make_repository(tmp_path / "repository", files)
    (repository / ".env").write_text("secret\n")
    ended = run(repository, CARRYING)
    assert ended.exit_code == 0, ended.stdout
    assert [item["landed_by"] for item in ended.results["items"]] == ["merge", "rerun", "rerun"]
    tree = ended.tree()
    assert tree["shared.txt"].split() == ["start", "0", "1", "2"]
    assert [tree[f"seen-{number}.txt"] for number in range(3)] == ["secret\ngenerated"] * 3
    assert ".env" not in tree


def test_a_history_with_merges_is_rebased_as_one_change(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"shared.txt": LINES})
    workflow = """
name: merging
mode: mapreduce
map:
  input: [{n: 2}, {n: 3}]
  on_conflict: rebase
  agent_template:
    - shell: |
        git checkout -q -b side && sed -i "${item.n}s/.*/by ${item.n}/" shared.txt && git commit -qam side
        git checkout -q -b other HEAD~1 && echo x > own-${item.n} && git add . && git commit -qm other
        git merge -q --no-edit side
"""
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout
    assert [item["landed_by"] for item in ended.results["items"]] == ["merge", "rebase"]
    assert ended.tree()["shared.txt"].splitlines()[1:3] == ["by 2", "by 3"]
    assert {"own-2", "own-3"} <= ended.tree().keys()
    git(repository, "fsck", "--strict")
