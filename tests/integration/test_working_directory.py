"""`working-directory` below the top of the checkout: steps start there, and paths count from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository

FILES = {
    "top.txt": "1",
    ".gitignore": "cache/\n",
    "pkg/app/a.txt": "1",
    "pkg/app/b.txt": "1",
    "pkg/app/sub/list.csv": "name\na\n",
    "pkg/lib/c.txt": "1",
    ".env": "FROM=top\n",
    "pkg/app/.env": "FROM=app\n",
}
EVERYWHERE = """
name: below
env_files: [.env]
env: {HERE: {command: ls *.txt | tr '\\n' ' '}}
setup:
  - shell: pwd | grep -q "/pkg/app$" && echo "$FROM $HERE" > setup.txt
  - {shell: pwd, working_dir: sub, output_file: out/setup.log}
  - write_file: {path: made/by-setup.txt, content: made, create_dirs: true}
  - {shell: git add -A && git commit -qm setup}
map:
  input: "*.txt"
  filter: item != 'setup.txt'
  carry: [cache/, "/sub/cache/x"]
  agent_template:
    - shell: cat cache/x sub/cache/x > "seen-${item}" && echo 2 > "${item}" && echo 2 > ../../other.txt
      auto_commit: true
      commit_config: {include_files: ["*.txt"], exclude_files: ["sub/**"]}
    - shell: git checkout -q ../.. ; rm -f ../../other.txt
    - {shell: 'echo "${item}" > "from-${item}"', working_dir: ../lib}
    - write_file: {path: "sub/written-${item}", content: x}
    - shell: 'echo ''{"completion_percentage": 100}'' > result.json'
      validate: {shell: "true", result_file: result.json}
    - shell: rm result.json && git add -A .. && git commit -qm more
reduce:
  - foreach: seen-*.txt
    do: [{shell: 'echo "${item}" >> reduced.txt'}]
  - shell: git add -A && git commit -qm reduced
merge:
  - shell: pwd | grep -q "/pkg/app$" && test -f reduced.txt
"""


def started(repository: Path, workflow: str, *options: str, directory: str = "pkg/app", command: str = "run") -> Ended:
    (repository.parent / "workflow.yml").write_text(workflow)
    return prodigy(repository, command, "../workflow.yml", "--working-directory", directory, *options)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "r", FILES)
    for directory in ("cache", "pkg/app/cache", "pkg/app/sub/cache"):
        (made / directory).mkdir()
        (made / directory / "x").write_text(f"{directory}\n")
    return made


def test_steps_start_there_and_paths_count_from_there_in_every_phase(repository: Path) -> None:
    ended = started(repository, EVERYWHERE)
    assert ended.exit_code == 0, ended.stdout
    assert [item["item"]["item"] for item in ended.results["items"]] == ["a.txt", "b.txt"]
    tree = ended.tree()
    assert tree["pkg/app/setup.txt"] == "app a.txt b.txt "
    assert tree["pkg/app/out/setup.log"].endswith("/pkg/app/sub")
    assert tree["pkg/app/made/by-setup.txt"] == "made"
    assert tree["pkg/app/seen-a.txt"] == "pkg/app/cache\npkg/app/sub/cache"
    assert (tree["pkg/app/a.txt"], tree["pkg/app/b.txt"], tree["top.txt"]) == ("2", "2", "1")
    assert (tree["pkg/lib/from-a.txt"], tree["pkg/app/sub/written-b.txt"]) == ("a.txt", "x")
    assert tree["pkg/app/reduced.txt"] == "seen-a.txt\nseen-b.txt"
    assert "other.txt" not in tree
    assert (repository / "prodigy-results" / "results.json").is_file()
    assert not (repository / "pkg/app/prodigy-results").exists()


def test_a_plan_reads_the_items_there(repository: Path) -> None:
    for source in ("'*.txt'", "ls *.txt", "{glob: '*.txt'}"):
        workflow = f"name: t\nmap:\n  input: {source}\n  agent_template: [{{shell: 'true'}}]\n"
        ended = started(repository, workflow, "--format", "json", "--run-input", command="plan")
        assert [each["key"] for each in json.loads(ended.stdout)["assignments"]] == ["a.txt", "b.txt"], source
    workflow = "name: t\nmap:\n  input: sub/list.csv\n  agent_template: [{shell: 'true'}]\n"
    ended = started(repository, workflow, "--format", "json", command="plan")
    assert [each["key"] for each in json.loads(ended.stdout)["assignments"]] == ["a"]


def test_a_directory_that_no_commit_has_is_refused(repository: Path) -> None:
    (repository / "new").mkdir()
    (repository / "new" / "f").write_text("")
    ended = started(repository, "name: t\nsteps: [{shell: 'true'}]\n", directory="new")
    assert ended.exit_code == 2
    assert "is no directory of the commit that HEAD names" in ended.stderr


def test_a_run_is_resumed_in_its_own_directory_alone(repository: Path) -> None:
    workflow = "name: t\nmap:\n  input: '*.txt'\n  agent_template: [{shell: 'test -e ../../go'}]\n"
    assert started(repository, workflow).exit_code == 1
    other = started(repository, workflow, "--resume-from", "prodigy-results", directory=".")
    assert other.exit_code == 2
    assert "working-directory changed" in other.stderr
    (repository / "go").write_text("")
    git(repository, "add", "go")
    git(repository, "commit", "-qm", "go")
    again = started(repository, workflow, "--resume-from", "prodigy-results")
    assert [len(item["attempts"]) for item in again.results["items"]] == [2, 2]
