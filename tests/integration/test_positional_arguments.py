"""`--args` and `--map`: positional arguments of a workflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository

STANDARD = """
env: {PLACE: "spec-$1", DEEP: "in ${PLACE}"}
commands:
  - shell: echo "[$ARG][$1][$DEEP][${INDEX}/$TOTAL][$#]" >> seen
    auto_commit: true
  - claude: /do $ARG ${ARG_1}
    capture: said
  - write_file: {path: "w-${INDEX}", content: "$ARG ${said}"}
    auto_commit: true
"""
FANNED_OUT = """
name: t
env: {SECOND: "$2"}
map:
  input: [a, b]
  commit: auto
  agent_template:
    - shell: echo "$ARG $1 $2 ${ARG_2} $SECOND $#" > ${item}
"""
FILES = {"specs/65-cook.md": "", "specs/70.md": "", "notes.txt": ""}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r", FILES)


def test_one_argument_is_known_in_every_text(repository: Path) -> None:
    ended = run(repository, STANDARD, "--args", "42", "--agent-command", "echo")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"] == "[42][42][in spec-42][1/1][1]"
    assert ended.tree()["w-1"] == "42 /do 42 42"
    assert "questionable" not in ended.stdout


def test_the_steps_run_once_for_each_argument_whatever_it_holds(repository: Path) -> None:
    given = ["a; touch pwned", "PATH", "$HOME ${item}"]
    options = [part for text in given for part in ("--args", text)]
    ended = run(repository, STANDARD, *options, "--agent-command", "echo")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    lines = [f"[{text}][{text}][in spec-{text}][{number}/3][1]" for number, text in enumerate(given, 1)]
    assert ended.tree()["seen"].split("\n") == lines
    assert ended.tree()["w-3"] == f"{given[2]} /do {given[2]} {given[2]}"
    assert "pwned" not in ended.tree()


def test_a_glob_gives_each_matching_file(repository: Path) -> None:
    workflow = 'commands: [{shell: "echo $INDEX $ARG $FILE >> seen", auto_commit: true}]'
    ended = run(repository, workflow, "--map", "specs/*.md", "--args", "last")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"] == "1 65 specs/65-cook.md\n2 70 specs/70.md\n3 last"


@pytest.mark.parametrize(
    ("glob", "problem"), (("*.rs", "no file of the repository matches '*.rs'"), ("../*", "leaves the repository"))
)
def test_a_glob_that_gives_no_file_is_refused(repository: Path, glob: str, problem: str) -> None:
    ended = run(repository, STANDARD, "--map", glob)
    assert ended.exit_code == 2
    assert problem in ended.stderr


def test_the_first_failure_names_its_argument_and_ends_the_run(repository: Path) -> None:
    workflow = 'commands: [{shell: "echo $ARG; test $ARG != 2"}]'
    ended = run(repository, workflow, "--args", "1", "--args", "2", "--args", "3")
    assert ended.exit_code == 1
    setup = ended.results["phases"]["setup"]
    assert "argument 2 (2)" in str(setup)
    assert "argument 3" not in str(setup)


def test_a_map_knows_all_arguments_by_position(repository: Path) -> None:
    ended = run(repository, FANNED_OUT, "--args", "one", "--args", "two")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["a"] == ended.tree()["b"] == "one one two two two 2"


@pytest.mark.parametrize(
    "extra", ("", "env: {X: {command: 'echo $ARG'}}", "- {shell: 'sleep 9 &', keep_running: true}")
)
def test_what_exists_once_for_the_run_cannot_be_repeated(repository: Path, extra: str) -> None:
    workflow = 'setup:\n  commands: [{shell: "echo $ARG"}]\n  capture_outputs: {x: 0}\n'
    if extra:
        workflow = f"{extra}\ncommands:\n- shell: echo $ARG\n" if extra.startswith("env") else f"{extra}\n"
    ended = run(repository, workflow, "--args", "1", "--args", "2")
    assert ended.exit_code == 2
    assert "several arguments repeat the steps" in ended.stderr
    assert run(repository, workflow, "--args", "1", "--dry-run").exit_code == 0


def test_a_missing_or_unused_argument_is_a_warning(repository: Path) -> None:
    used, unused = 'commands: [{claude: "/do $ARG"}]', 'commands: [{shell: "true"}]'
    assert "uses `$ARG`, and no argument is given" in run(repository, used, "--dry-run").stderr
    assert "the workflow uses no argument" in run(repository, unused, "--dry-run", "--args", "1").stderr
    own = "commands: [{shell: 'for ARG in 1 2; do echo $ARG; done'}]"
    assert run(repository, own, "--dry-run").stderr == ""
    assert run(repository, used, "--dry-run", "--param", "ARG=1").stderr == ""


def test_the_plan_shows_the_repeated_steps(repository: Path) -> None:
    (repository.parent / "w.yml").write_text("- shell: echo $ARG\n")
    ended = prodigy(repository, "plan", "../w.yml", "--explain", "--args", "1", "--args", "2")
    assert ended.exit_code == 0, ended.stderr
    assert "setup     2 steps" in ended.stdout
    assert "w.yml:1" in ended.stdout


def test_a_resume_with_other_arguments_is_refused(repository: Path) -> None:
    workflow = "name: t\nmap: {input: [a], agent_template: [{shell: 'test $ARG = 2'}]}\n"
    assert run(repository, workflow, "--args", "1").exit_code == 1
    again = run(repository, workflow, "--args", "2", "--resume-from", "prodigy-results")
    assert again.exit_code == 2
    assert "ARG" in again.stderr
