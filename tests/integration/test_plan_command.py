"""`plan` and `run --dry-run`, through the command line: they show what would run, and change nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository

ITEMS = '[{"name": "a", "size": 60}, {"name": "b", "size": 70}, {"name": "c", "size": 5}]'
WORKFLOW = """
name: planned
setup:
  - shell: echo a > a.txt
  - shell: echo b > b.txt
  - {name: join, shell: cat a.txt b.txt > c.txt}
map:
  input: packages.json
  filter: size > 50
  sort_by: size DESC
  max_parallel: 3
  key: name
  agent_template:
    - shell: touch "$MARKS/ran-${item.name}"
    - claude: /fix ${item.name}
reduce:
  - shell: cat c.txt
"""


EMPTY = """
name: empty
map:
  input: packages.json
  json_path: $.itmes[*]
  agent_template:
    - shell: "true"
"""


def plan(directory: Path, workflow: str, *options: str, command: str = "plan", **environ: str) -> Ended:
    """Plan a workflow on a repository, and see that nothing came of it but the text."""
    marks = directory / "marks"
    marks.mkdir()
    repository = make_repository(directory / "r", {"packages.json": ITEMS})
    before = (git(repository, "rev-parse", "--all"), sorted(repository.rglob("*")))
    path = directory / "workflow.yml"
    path.write_text(workflow)
    ended = prodigy(repository, command, str(path), *options, MARKS=str(marks), **environ)
    after = (git(repository, "rev-parse", "--all"), sorted(repository.rglob("*")))
    assert after == before
    assert list(marks.iterdir()) == []
    return ended


def document(ended: Ended) -> dict[str, Any]:
    """The plan as JSON; standard output is the document alone."""
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_plan_shows_items_steps_and_batches(tmp_path: Path) -> None:
    found = document(plan(tmp_path, WORKFLOW, "--format", "json"))
    assert found["workflow"] == "planned"
    assert found["items"] == {"total": 3, "selected": 2, "source": "the file packages.json"}
    assert [(each["id"], each["key"], each["item"]["size"]) for each in found["assignments"]] == [
        (0, "b", 70),
        (1, "a", 60),
    ]
    assert len({each["worktree_name"] for each in found["assignments"]}) == 2
    assert found["setup"]["batches"] == [[0, 1], [2]]
    assert found["reduce"]["batches"] == [[0]]
    assert found["max_parallel"] == 3
    assert found["warnings"] == []


EXPECTED = """\
workflow  planned
setup     3 steps in 2 batches
  batch 1 (side by side)
    1. shell: echo a > a.txt
    2. shell: echo b > b.txt
  batch 2
    3. join (shell: cat a.txt b.txt > c.txt)
map       2 of 3 items of the file packages.json, at most 3 agents at once
  item 0  {"name":"b","size":70}
  item 1  {"name":"a","size":60}
  each agent runs
    1. shell: touch "$MARKS/ran-${item.name}"
    2. claude: /fix ${item.name}
reduce    1 step in 1 batch
  batch 1
    1. shell: cat c.txt
"""


def test_a_plan_is_a_text_for_people(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, EXPECTED, "")


def test_a_dry_run_is_the_plan(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW, "--dry-run", command="run")
    assert (ended.exit_code, ended.stdout) == (0, EXPECTED)


def test_a_dry_run_may_be_asked_for_by_the_input(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW, command="run", INPUT_DRY_RUN="true", **{"INPUT_DRY-RUN": "true"})
    assert (ended.exit_code, ended.stdout) == (0, EXPECTED)


def test_explain_says_why_steps_wait(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW, "--explain")
    assert "step 3 waits for step 1" in ended.stdout
    assert "a.txt" in ended.stdout.split("step 3 waits for step 1", 1)[1]


def test_only_leaves_the_named_items(tmp_path: Path) -> None:
    found = document(plan(tmp_path, WORKFLOW, "--only", "a", "--format", "json"))
    assert [each["key"] for each in found["assignments"]] == ["a"]


def test_warnings_are_reported_beside_the_document(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW + "redcue: []\n", "--format", "json")
    assert [text.rpartition("/")[2] for text in document(ended)["warnings"]] == [
        "workflow.yml:18:1: unknown key `redcue` in the workflow"
    ]
    assert "did you mean `reduce`?" in ended.stderr


def test_a_selection_of_nothing_is_warned_of_at_the_setting_that_is_the_reason(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW.replace("size > 50", "size > 500"), "--format", "json")
    assert [text.rpartition("/")[2] for text in document(ended)["warnings"]] == [
        "workflow.yml:9:11: the filter matches none of the 3 items"
    ]


def test_a_run_warns_of_a_selection_of_nothing_at_its_place(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"packages.json": ITEMS})
    path = tmp_path / "workflow.yml"
    path.write_text(EMPTY)
    ended = prodigy(repository, "run", str(path), GITHUB_ACTIONS="true")
    assert ended.exit_code == 0, ended.stdout
    (warning,) = [line for line in ended.stdout.splitlines() if line.startswith("::warning ")]
    assert "line=5" in warning
    assert "col=14" in warning
    assert "the JSONPath '$.itmes[*]' selects nothing" in warning


COMMAND = "the command 'cat packages.json; echo >&2 ran'"


@pytest.mark.parametrize("options", ((), ("--run-input",)), ids=["without", "with"])
def test_an_input_command_runs_when_it_is_asked_for_only(tmp_path: Path, options: tuple[str, ...]) -> None:
    workflow = WORKFLOW.replace("input: packages.json", "input: cat packages.json; echo >&2 ran")
    found = document(plan(tmp_path, workflow, "--format", "json", *options))
    assert (found["items"], len(found["assignments"])) == (
        ({"total": 3, "selected": 2, "source": COMMAND}, 2) if options else (None, 0)
    )
    assert ("note" in found) is not bool(options)


def test_an_input_that_setup_may_make_is_not_known_yet(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW.replace("packages.json", "made.json"), "--format", "json")
    found = document(ended)
    assert (found["items"], found["assignments"]) == (None, [])
    assert "made.json" in found["note"]


def test_an_input_that_nothing_makes_is_an_error(tmp_path: Path) -> None:
    workflow = "name: x\nmap: {input: made.json, agent_template: [{shell: x}]}\n"
    ended = plan(tmp_path, workflow)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "'made.json' does not exist" in ended.stderr


LATE = """
name: late
env: {N: {command: touch "$MARKS/env"; echo 2}}
setup:
  - {shell: echo 1, capture: most}
map:
  input: packages.json
  max_items: ${most}
  max_parallel: $N
  agent_template: [{shell: "true"}]
"""


def test_numbers_that_only_a_run_computes_are_reported_as_such(tmp_path: Path) -> None:
    found = document(plan(tmp_path, LATE, "--format", "json"))
    assert (found["items"], found["max_parallel"]) == (None, None)
    assert found["note"] == (
        "`map.max_items` is not known before setup has run; "
        "`map.max_parallel` is not known before the command of `env.N` has run"
    )


def test_a_run_takes_the_numbers_that_setup_captured(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"packages.json": ITEMS})
    (tmp_path / "workflow.yml").write_text(LATE)
    ended = prodigy(repository, "run", "../workflow.yml", MARKS=str(tmp_path))
    assert ended.exit_code == 0, ended.stderr
    assert ended.states == ["unchanged"]
    assert ended.results["phases"]["map"]["max_parallel"] == 2


def test_a_number_that_setup_captured_and_that_is_not_a_number_fails_the_run(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"packages.json": ITEMS})
    (tmp_path / "workflow.yml").write_text(LATE.replace("echo 1", "echo several"))
    ended = prodigy(repository, "run", "../workflow.yml", MARKS=str(tmp_path))
    assert ended.exit_code == 1
    assert "map.max_items is '${most}', that is 'several'" in ended.stdout + ended.stderr


@pytest.mark.parametrize("env", ('LIST: "${LIST}"', "OTHER: x"), ids=["named", "not named"])
def test_an_input_that_a_variable_names_is_found(tmp_path: Path, env: str) -> None:
    workflow = f"name: x\nenv: {{{env}}}\nmap: {{input: $LIST, agent_template: [{{shell: 'true'}}]}}\n"
    found = document(plan(tmp_path, workflow, "--format", "json", LIST="packages.json"))
    ended = prodigy(tmp_path / "r", "run", "../workflow.yml", LIST="packages.json")
    assert found["items"]["total"] == 3
    assert len(ended.states) == 3


def test_a_wrong_workflow_is_no_plan(tmp_path: Path) -> None:
    ended = plan(tmp_path, WORKFLOW.replace("max_parallel: 3", "max_parallel: 0"))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "workflow.yml:11:17: error: `max_parallel`: must be at least 1, found 0" in ended.stderr


def test_a_workflow_without_a_map_is_planned_too(tmp_path: Path) -> None:
    ended = plan(tmp_path, 'steps: [{shell: touch "$MARKS/ran"}, {shell: "git log"}]\n', "--format", "json")
    found = document(ended)
    assert (found["items"], found["assignments"], found["max_parallel"]) == (None, [], None)
    assert found["setup"]["batches"] == [[0], [1]]


@pytest.mark.parametrize("source", ("env_files: [big]", "secrets: {A: {provider: file, key: big}}"))
def test_a_huge_file_of_values_is_refused_and_not_cut(tmp_path: Path, source: str) -> None:
    repository = make_repository(tmp_path / "r", {"big": b"A=" + b"x" * 2**20})
    (tmp_path / "workflow.yml").write_text(f"{source}\nsteps: [{{shell: x}}]\n")
    ended = prodigy(repository, "plan", "../workflow.yml")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "big: error: cannot read it: it has more than the 1,048,576 bytes" in ended.stderr


@pytest.mark.parametrize(
    "extra",
    (
        'env: {LIST: packages.json}\nmap: {input: "${env.LIST}", agent_template: [{shell: "true"}]}\n',
        'env: {FILE: packages.json}\nmap: {input: sh -c "cat \\"\\$FILE\\"", agent_template: [{shell: "true"}]}\n',
        'env: {MOST: "2"}\nmap: {input: packages.json, max_items: "${env.MOST}", agent_template: [{shell: "true"}]}\n',
    ),
    ids=["a path from env", "a command that reads the environment", "a number from env"],
)
def test_a_plan_has_the_items_of_its_run(tmp_path: Path, extra: str) -> None:
    repository = make_repository(tmp_path / "r", {"packages.json": ITEMS})
    (tmp_path / "workflow.yml").write_text("name: x\n" + extra)
    planned = document(prodigy(repository, "plan", "../workflow.yml", "--format", "json", "--run-input"))
    ended = prodigy(repository, "run", "../workflow.yml")
    assert ended.exit_code == 0, ended.stderr
    assert planned["items"] is not None
    assert [each["item"] for each in planned["assignments"]] == [each["item"] for each in ended.results["items"]]


def test_a_value_of_env_that_a_command_computes_is_not_known_to_a_plan(tmp_path: Path) -> None:
    workflow = "env: {LIST: {command: echo packages.json}}\n" + WORKFLOW.replace("packages.json", '"${env.LIST}"')
    found = document(plan(tmp_path, workflow, "--format", "json"))
    assert (found["items"], found["note"]) == (
        None,
        "`map.input` is not known before the command of `env.LIST` has run",
    )


def test_a_parameter_that_nobody_declared_is_no_command(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"packages.json": ITEMS})
    (tmp_path / "workflow.yml").write_text('name: x\nmap: {input: "$CMD", agent_template: [{shell: "true"}]}\n')
    ended = prodigy(repository, "run", "../workflow.yml", "--param", "CMD=echo a; touch pwned")
    assert ended.exit_code == 2
    assert "the value of '$CMD' is no list: it is the text 'echo a; touch pwned'" in ended.stderr
