"""One item at a time needs one checkout: while nothing ran in it, the parent worktree becomes that of the items."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository

FILES = {".gitattributes": "log merge=union\n", "log": "start\n", "deep/er/file": "content\n", "a b\n": "name\n"}
ITEMS = """
name: one
map:
  input: {command: "printf 'one\\\\ntwo\\\\n'"}
  max_parallel: 1
  commit: auto
  agent_template:
    - shell: |
        (cd ../..; ls) > "$PRODIGY_TRACE/pool-${item}"; git status --porcelain > "$PRODIGY_TRACE/status-${item}"
        (git ls-files; find . -type f -not -path ./.git) | sort > "$PRODIGY_TRACE/files-${item}"
        echo ${item} >> log
"""
LISTED = ITEMS.replace("""{command: "printf 'one\\\\ntwo\\\\n'"}""", "[one, two]")
REDUCE = """
reduce:
  - shell: |
      git status --porcelain > "$PRODIGY_TRACE/reduce"; git branch --show-current >> "$PRODIGY_TRACE/reduce"
      cat log >> "$PRODIGY_TRACE/reduce"; echo reduced > reduced; git add reduced; git commit -qm reduced
"""


def carried_out(tmp_path: Path, workflow: str) -> Ended:
    repository = make_repository(tmp_path / "repository", FILES)
    (tmp_path / "trace").mkdir()
    return run(repository, workflow, PRODIGY_TRACE=str(tmp_path / "trace"))


def traced(tmp_path: Path, name: str) -> list[str]:
    return (tmp_path / "trace" / name).read_text().splitlines()


def has_parent(tmp_path: Path, item: str) -> bool:
    return any(name.startswith("parent-") for name in traced(tmp_path, f"pool-{item}"))


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """Two items that both add a line at the end of a file, then a step of reduce."""
    tmp_path = tmp_path_factory.mktemp("reduced")
    return tmp_path, carried_out(tmp_path, LISTED + REDUCE)


def test_the_items_have_the_only_checkout(reduced: tuple[Path, Ended]) -> None:
    tmp_path, ended = reduced
    assert ended.states == ["succeeded", "succeeded"]
    assert not has_parent(tmp_path, "one")
    for item in ("one", "two"):
        assert traced(tmp_path, f"status-{item}") == []
        assert len([line for line in traced(tmp_path, f"files-{item}") if line == "./deep/er/file"]) == 1


def test_a_merge_that_needs_the_attributes_of_the_files_has_them(reduced: tuple[Path, Ended]) -> None:
    _, ended = reduced
    assert ended.tree(ended.results["head_sha"])["log"] == "start\none\ntwo"


def test_reduce_finds_the_parent_worktree_with_what_landed(reduced: tuple[Path, Ended]) -> None:
    tmp_path, ended = reduced
    assert traced(tmp_path, "reduce") == [f"prodigy/{ended.results['run_id']}", "start", "one", "two"]
    assert git(tmp_path / "repository", "show", "HEAD:reduced") == "reduced"


def test_without_further_steps_it_is_not_made_again(tmp_path: Path) -> None:
    workflow = LISTED.replace("[one, two]", "[one]")
    ended = carried_out(tmp_path, workflow)
    assert (ended.exit_code, ended.states) == (0, ["succeeded"])
    assert not has_parent(tmp_path, "one")
    assert git(tmp_path / "repository", "show", "HEAD:log") == "start\none"
    assert git(tmp_path / "repository", "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "workflow",
    (
        ITEMS,
        LISTED.replace("map:\n", 'setup:\n  - shell: "true"\nmap:\n'),
    ),
    ids=("a command gives the items", "setup"),
)
def test_it_stays_where_something_may_have_run_in_it(workflow: str, tmp_path: Path) -> None:
    ended = carried_out(tmp_path, workflow)
    assert ended.exit_code == 0, ended.stderr
    assert has_parent(tmp_path, "one")


def test_files_that_the_checkout_includes_are_restored_for_each_item(tmp_path: Path) -> None:
    """They are copied from the parent worktree, which therefore stays."""
    files = FILES | {".worktreeinclude": "cached\n", ".gitignore": "cached\n"}
    repository = make_repository(tmp_path / "repository", files)
    (repository / "cached").write_text("made before\n")
    (tmp_path / "trace").mkdir()
    workflow = LISTED.replace("echo ${item} >> log", 'cat cached > "$PRODIGY_TRACE/cached-${item}"; rm cached')

    ended = run(repository, workflow.replace("  commit: auto\n", ""), PRODIGY_TRACE=str(tmp_path / "trace"))

    assert ended.states == ["unchanged", "unchanged"]
    assert [traced(tmp_path, f"cached-{item}") for item in ("one", "two")] == [["made before"], ["made before"]]
    assert has_parent(tmp_path, "one")
