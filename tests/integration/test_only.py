"""The input `only`: which items its names and globs mean, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository

FILES = ("app/[id].tsx", "app/i.tsx", "app/d.tsx", "lib/a.ts", "lib/b.ts")
WORKFLOW = """
name: t
map:
  input: git ls-files
  agent_template:
    - shell: echo 2 > "${item}" && git commit -qam "edit ${item}"
"""


def chosen(ended: Ended) -> list[str]:
    """The items that ran, of a run that ended well."""
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    return [item["item"]["item"] for item in ended.results["items"] if item["state"] != "not_run"]


def started(tmp_path: Path, *only: str, workflow: str = WORKFLOW) -> Ended:
    repository = make_repository(tmp_path / "r", dict.fromkeys(FILES, "1\n"))
    options = [part for name in only for part in ("--only", name)]
    return run(repository, workflow, *options)


@pytest.mark.parametrize(
    ("only", "expected"),
    (
        ("app/[id].tsx", ["app/[id].tsx"]),
        ("app/[di].tsx", ["app/d.tsx", "app/i.tsx"]),
        ("lib/*", ["lib/a.ts", "lib/b.ts"]),
        ("0", ["app/[id].tsx"]),
        ("item_1", ["app/d.tsx"]),
        ("key=lib/a.ts", ["lib/a.ts"]),
    ),
)
def test_the_name_of_an_item_wins_over_a_glob(only: str, expected: list[str], tmp_path: Path) -> None:
    assert chosen(started(tmp_path, only)) == expected


@pytest.mark.parametrize("only", (("lib/a.tx",), ("lib/a.ts", "lib/b.st"), ("docs/*",), ("item_7",), ("key=0",)))
def test_a_name_that_no_item_has_is_refused_with_the_nearest_keys(only: tuple[str, ...], tmp_path: Path) -> None:
    ended = started(tmp_path, *only)
    assert ended.exit_code == 2
    assert f"'{only[-1]}' names none of the 5 items" in ended.stderr
    assert "nothing was run" in ended.stderr
    if only[-1].startswith("lib/"):
        assert "did you mean 'lib/a.ts' or 'lib/b.ts'?" in ended.stderr or "did you mean 'lib/b.ts'" in ended.stderr
    assert not (ended.results_dir / "results.json").exists()
    planned = prodigy(ended.repository, "plan", "../workflow.yml", "--run-input", "--only", only[-1])
    assert (planned.exit_code, planned.stdout) == (2, "")


def test_a_glob_without_items_beside_names_that_have_some_is_warned_of(tmp_path: Path) -> None:
    ended = started(tmp_path, "lib/a.ts", "docs/*")
    assert chosen(ended) == ["lib/a.ts"]
    assert "'docs/*' names none of the items" in ended.stdout


def test_a_number_is_a_position_and_the_key_can_be_said(tmp_path: Path) -> None:
    workflow = "name: t\nmap:\n  input: [{id: 1}, {id: 2}, {id: 0}]\n  agent_template: [{shell: 'true'}]\n"
    ended = started(tmp_path, "1", workflow=workflow)
    assert [item["state"] for item in ended.results["items"]] == ["not_run", "unchanged", "not_run"]
    assert "'1' is the position of an item and the key of another one" in ended.stdout
    path = ended.repository.parent / "workflow.yml"
    again = prodigy(ended.repository, "run", str(path), "--only", "key=1")
    assert [item["state"] for item in again.results["items"]] == ["unchanged", "not_run", "not_run"]


def test_after_setup_a_wrong_name_fails_the_run(tmp_path: Path) -> None:
    workflow = WORKFLOW.replace("map:", "setup:\n  - shell: touch made\nmap:")
    ended = started(tmp_path, "lib/a.tx", workflow=workflow)
    assert ended.exit_code == 1
    assert "did you mean" in ended.stdout + ended.stderr


def test_a_resumed_run_refuses_a_name_that_was_not_planned(tmp_path: Path) -> None:
    failing = WORKFLOW.replace("echo 2", "test '${item}' != lib/a.ts && echo 2")
    ended = started(tmp_path, workflow=failing)
    assert ended.exit_code == 1
    path = str(ended.repository.parent / "workflow.yml")
    again = prodigy(ended.repository, "run", path, "--resume-from", "prodigy-results", "--only", "lib/a.tx")
    assert again.exit_code == 2
    assert "did you mean 'lib/a.ts'" in again.stderr
    right = prodigy(ended.repository, "run", path, "--resume-from", "prodigy-results", "--only", "lib/a.ts")
    assert right.exit_code == 1
    assert len(right.results["items"][3]["attempts"]) == 2


def test_keys_are_what_people_call_the_items(tmp_path: Path) -> None:
    cases = {
        '[{"id": 7, "name": "x"}, {"id": 8, "name": "x"}]': ["7", "8"],
        '[{"id": 7, "name": "x"}, {"id": 7, "name": "y"}]': ["x", "y"],
        '["a", "b"]': ["a", "b"],
    }
    repository = make_repository(tmp_path / "r", {"f": ""})
    for items, keys in cases.items():
        document = f"name: t\nmap:\n  input: {items}\n  agent_template: [{{shell: 'true'}}]\n"
        (tmp_path / "w.yml").write_text(document)
        ended = prodigy(repository, "plan", "../w.yml", "--format", "json")
        assert [each["key"] for each in json.loads(ended.stdout)["assignments"]] == keys
