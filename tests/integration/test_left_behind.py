"""What agents leave: uncommitted work is reported or committed, and whatever does not land is kept as a patch."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import git, git_environ, make_repository

WORKFLOW = """
name: leave
mode: mapreduce
map:
  input: [{n: 0}, {n: 1}]
  commit: COMMIT
  agent_template:
    - shell: |
        ACT
"""
ODD_NAMES = (
    b"line\nend",
    b"not \xff utf-8",
    b'quoted "name"',
    b"tab\tname",
    b" spaces ",
    b"-dash",
    b"back\\slash",
    b"caf\xc3\xa9",
)
MAKE_ODD_FILES = r"""
        for name in 'line\nend' 'not \377 utf-8' 'quoted "name"' 'tab\tname' ' spaces ' '-dash' \
          'back\\slash' 'caf\303\251'; do
          file=$(printf -- "$name."); printf 'content\000of it' > "./${file%.}"
        done"""


def carried_out(tmp_path: Path, act: str, commit: str = "as-made", files: dict[str, str] | None = None) -> Ended:
    repository = make_repository(tmp_path / "repository", files or {"kept": "as it was\n"})
    text = act.strip("\n")
    indented = text if text.startswith("        ") else text.replace("\n", "\n        ")
    return run(repository, WORKFLOW.replace("COMMIT", commit).replace("        ACT", f"        {indented.lstrip()}"))


def applied(ended: Ended, patch: str, target: Path) -> dict[bytes, bytes]:
    """The files of a fresh clone at the base after the patch."""
    git(ended.repository, "clone", "-q", "--no-local", str(ended.repository), str(target))
    git(target, "reset", "-q", "--hard", ended.results["base_sha"])
    content = (ended.results_dir / patch).read_bytes()
    command = ["git", "-C", str(target), "apply", "--index", "-"]
    subprocess.run(command, input=content, check=True, env=git_environ())
    top = os.fsencode(target)
    return {name: Path(os.fsdecode(top + b"/" + name)).read_bytes() for name in names(target) if name != b".git"}


def names(directory: Path) -> set[bytes]:
    return {os.fsencode(path.name) for path in directory.iterdir()}


def test_uncommitted_work_is_reported_and_kept_as_a_patch(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "echo changed > kept; echo new > made-${item.n}")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["unchanged", "unchanged"]
    assert "made-0" not in ended.tree()
    assert "uncommitted change" in ended.stdout
    notice = (
        "2 items left uncommitted changes, which did not land (items 0-1): write `commit: auto` in `map`, "
        "or commit in a step; the patches are in the results"
    )
    assert prodigy(ended.repository, "show").stdout.splitlines()[1] == f"! {notice}"
    assert (ended.results_dir / "summary.md").read_text().split("\n\n")[1] == f"⚠️ {notice}"
    page = (ended.results_dir / "report.html").read_text()
    assert notice.replace("`", "") in page.replace("<code>", "").replace("</code>", "")
    assert sorted(ended.results["items"][1]["uncommitted"]) == ["kept", "made-1"]
    assert ended.results["items"][1]["reason"] == "left 2 changed files uncommitted, which did not land"
    item = ended.results["items"][1]
    assert applied(ended, item["patch"], tmp_path / "clone") == {b"kept": b"changed\n", b"made-1": b"new\n"}


def test_the_same_advice_is_shown_for_the_first_items_and_kept_for_all(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"kept": "as it was\n"})
    workflow = WORKFLOW.replace("[{n: 0}, {n: 1}]", str([{"n": n} for n in range(8)])).replace("COMMIT", "as-made")
    ended = run(repository, workflow.replace("ACT", "echo new > made-${item.n}"))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    shown = [line for line in ended.stdout.splitlines() if " left 1 uncommitted change, " in line]
    assert len(shown) == 3
    assert ended.stdout.count("more items have a warning like the last ones: all are in log.jsonl") == 1
    assert "! 8 items left uncommitted changes, which did not land" in ended.stdout
    kept = [json.loads(line) for line in (ended.results_dir / "log.jsonl").read_text().splitlines()]
    left = [record["item_id"] for record in kept if record["event"] == "uncommitted_changes_dropped"]
    assert sorted(left) == list(range(8))


def test_what_was_left_besides_commits_is_reported_and_kept_with_them(tmp_path: Path) -> None:
    act = "echo one > a-${item.n} && git add . && git commit -qm one && echo two > b-${item.n}"
    ended = carried_out(tmp_path, act)
    assert ended.states == ["succeeded", "succeeded"]
    assert {"a-0", "a-1"} <= ended.tree().keys()
    assert "b-0" not in ended.tree()
    finished = [event for event in ended.events if event["event"] == "agent_finished"]
    assert sorted(event["uncommitted"] for event in finished) == [["b-0"], ["b-1"]]
    item = ended.results["items"][0]
    assert applied(ended, item["patch"], tmp_path / "clone").keys() >= {b"a-0", b"b-0"}


def test_auto_commits_what_agents_leave(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "echo new > made-${item.n}; rm -f kept", commit="auto")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["succeeded", "succeeded"]
    assert ended.tree() == {"made-0": "new", "made-1": "new"}
    assert ended.results["items"][0]["patch"] is None
    assert "Change item 0 (" in git(ended.repository, "log", "--format=%s")


def test_auto_commits_files_of_any_name(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, f"test ${{item.n}} = 0 || exit 0{MAKE_ODD_FILES}", commit="auto")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["succeeded", "unchanged"]
    assert names(ended.repository) >= set(ODD_NAMES)
    assert git(ended.repository, "status", "--porcelain") == ""


@pytest.mark.parametrize("commit", ("git add -A && git commit -qm odd", "true"))
def test_a_failed_item_keeps_a_patch_of_files_of_any_name(tmp_path: Path, commit: str) -> None:
    ended = carried_out(tmp_path, f"test ${{item.n}} = 0 || exit 0{MAKE_ODD_FILES}\n        {commit}; exit 7")
    assert ended.exit_code == 1
    assert ended.states == ["failed", "unchanged"]
    files = applied(ended, ended.results["items"][0]["patch"], tmp_path / "clone")
    assert files == {b"kept": b"as it was\n", **dict.fromkeys(ODD_NAMES, b"content\0of it")}


def test_a_conflicting_item_keeps_a_patch_of_files_of_any_name(tmp_path: Path) -> None:
    make = MAKE_ODD_FILES.replace("of it", "of ${item.n}")
    act = f"echo ${{item.n}} > kept{make}\n        git add -A && git commit -qm odd"
    ended = carried_out(tmp_path, act)
    assert ended.states == ["succeeded", "conflicted"], ended.stdout
    item = ended.results["items"][1]
    assert item["conflict"]["with_items"] == [0]
    assert len(item["conflict"]["files"]) == len(ODD_NAMES) + 1
    files = applied(ended, item["patch"], tmp_path / "clone")
    assert files == {b"kept": b"1\n", **dict.fromkeys(ODD_NAMES, b"content\0of 1")}


def test_a_required_commit_that_is_missing_fails_with_the_patch(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "echo new > made-${item.n}", commit="required")
    assert ended.exit_code == 1
    assert ended.states == ["failed", "failed"]
    assert ended.results["items"][0]["error"]["kind"] == "commit_required"
    assert b"made-0" in applied(ended, ended.results["items"][0]["patch"], tmp_path / "clone")


def test_directories_nested_deeper_than_a_path_can_be_hurt_nobody(tmp_path: Path) -> None:
    nesting = "import os\nfor _ in range(2200): os.mkdir('d'); os.chdir('d')"
    repository = make_repository(tmp_path / "repository", {"kept": "as it was\n", "nest.py": nesting})
    workflow = WORKFLOW.replace("COMMIT", "as-made").replace("map:", "map:\n  max_parallel: 1").replace(
        "ACT", "if [ ${item.n} = 0 ]; then python3 nest.py; else ls > seen && git add seen && git commit -qm seen; fi"
    )  # fmt: skip
    (tmp_path / "temporary").mkdir()
    try:
        ended = run(repository, workflow, TMPDIR=str(tmp_path / "temporary"))
        left = list((tmp_path / "temporary").iterdir())
    finally:
        # What a failing run leaves is too deep for whoever cleans up after the tests.
        subprocess.run(["rm", "-rf", str(tmp_path / "temporary")], check=True)
    assert ended.states[1] == "succeeded", ended.stdout
    assert ended.tree()["seen"] == "kept\nnest.py\nseen"
    assert left == []
