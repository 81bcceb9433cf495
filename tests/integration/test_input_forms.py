"""What the text of `map.input` is taken for, and what a map without items is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository

FILES = {
    "scripts/deploy.sh": "touch $MARK\n",
    "scripts/migrate.sh": "touch $MARK\n",
    "My Docs/a.md": "",
    ".gitignore": "out/\n",
}


def document(source: str, *, setup: str = "", fields: str = "") -> str:
    return f"name: t\n{setup}map:\n  input: {source}\n{fields}  agent_template: [{{shell: 'test -e \"${{item}}\"'}}]\n"


def made(directory: Path) -> Path:
    repository = make_repository(directory / "r", FILES)
    for script in (repository / "scripts").iterdir():
        script.chmod(0o755)
    return repository


def lines(ended: Ended) -> list[Any]:
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    return [item["item"]["item"] for item in ended.results["items"]]


def test_a_glob_is_the_list_of_its_files_and_runs_none_of_them(tmp_path: Path) -> None:
    repository, mark = made(tmp_path), tmp_path / "mark"
    ended = run(repository, document("scripts/*.sh"), MARK=str(mark))
    assert lines(ended) == ["scripts/deploy.sh", "scripts/migrate.sh"]
    assert "the items are read from the glob scripts/*.sh" in ended.stdout
    planned = prodigy(repository, "plan", "../workflow.yml", MARK=str(mark))
    assert "2 of 2 items of the glob scripts/*.sh" in planned.stdout
    looped = "name: t\nsetup:\n  - foreach: scripts/*.sh\n    do: [{shell: 'echo \"${item}\" >> ../seen'}]\n"
    again = run(repository, looped.replace("../seen", str(tmp_path / "seen")), MARK=str(mark))
    assert again.exit_code == 0, again.stdout
    assert (tmp_path / "seen").read_text().splitlines() == ["scripts/deploy.sh", "scripts/migrate.sh"]
    assert not mark.exists()


def test_a_glob_sees_what_setup_made_and_ignored_files_when_there_are_no_others(tmp_path: Path) -> None:
    setup = "setup:\n  - shell: mkdir new out; touch new/b.txt new/a.txt out/c.txt; rm scripts/deploy.sh\n"
    fields = "  carry: [out/]\n"
    ended = run(made(tmp_path), document('{glob: ["**/*.txt", "scripts/*.sh", "My Docs/*.md"]}', setup=setup))
    assert lines(ended) == ["My Docs/a.md", "new/a.txt", "new/b.txt", "scripts/migrate.sh"]
    ignored = run(ended.repository, document("out/*.txt", setup=setup, fields=fields))
    assert lines(ignored) == ["out/c.txt"]


def test_a_text_that_could_be_something_else_is_warned_of_with_both_forms(tmp_path: Path) -> None:
    repository = made(tmp_path)
    (repository / "list.sh").write_text("#!/bin/sh\nls scripts/*\n")
    (repository / "list.sh").chmod(0o755)
    taken = prodigy_plan(repository, "list.sh")
    assert "'list.sh' is a file that can be run: its lines are the items" in taken.stderr
    assert "write {file: 'list.sh'} if that is meant, or {command: 'list.sh'}" in taken.stderr
    assert "workflow.yml:3:10" in taken.stderr
    first = prodigy_plan(repository, "scripts/* --list")
    assert "runs the first file that its first word matches" in first.stderr
    assert "{glob: 'scripts/*'}" in first.stderr
    for form in ("{file: list.sh}", "{command: ./list.sh}", "{glob: scripts/*}", "ls scripts/*"):
        clear = prodigy_plan(repository, form, "--run-input")
        assert (clear.exit_code, clear.stderr) == (0, ""), form


def prodigy_plan(repository: Path, source: str, *options: str) -> Ended:
    (repository.parent / "workflow.yml").write_text(document(source))
    return prodigy(repository, "plan", "../workflow.yml", *options)


def test_an_explicit_form_is_checked(tmp_path: Path) -> None:
    repository = made(tmp_path)
    for source, problem in (
        ("{file: a, glob: b}", "`input` is one file, glob or command"),
        ("{glob: []}", "`input` is one file, glob or command"),
        ("{globs: a}", "did you mean `glob`?"),
        ("{glob: /etc/*}", "leaves the repository"),
        ("{file: missing}", "the input file 'missing' does not exist"),
    ):
        ended = prodigy_plan(repository, source)
        assert ended.exit_code == 2, source
        assert problem in ended.stderr, ended.stderr


@pytest.mark.parametrize(
    ("written", "hint"),
    (
        ("{file: scripts/deplo.sh}", "did you mean `scripts/deploy.sh`?"),
        ("{file: nowhere/x.csv}", "create it in setup, or correct"),
    ),
)
def test_a_missing_input_file_has_its_place_and_the_nearest_name(written: str, hint: str, tmp_path: Path) -> None:
    repository = made(tmp_path)
    ended = run(repository, document(written), GITHUB_ACTIONS="true")
    assert ended.exit_code == 2, ended.stdout + ended.stderr
    assert "workflow.yml:3:17: error: the input file" in ended.stderr, ended.stderr
    assert hint in ended.stderr
    annotation = next(line for line in ended.stdout.splitlines() if line.startswith("::error "))
    assert "line=3,col=17" in annotation
    planned = prodigy_plan(repository, written)
    assert planned.exit_code == 2
    assert "workflow.yml:3:17: error: the input file" in planned.stderr


@pytest.mark.parametrize("on_empty", ("warn", "fail", "ok"))
def test_a_map_without_items_is_what_it_says(on_empty: str, tmp_path: Path) -> None:
    ended = run(made(tmp_path), document("nothing/*", fields=f"  on_empty: {on_empty}\n"), GITHUB_ACTIONS="true")
    annotations = [line for line in ended.stdout.splitlines() if line.startswith("::")]
    said = "the glob nothing/* gives no items"
    assert ended.exit_code == (1 if on_empty == "fail" else 0), ended.stdout
    assert any(line.startswith("::warning ") and said in line for line in annotations) is (on_empty == "warn")
    assert any(line.startswith("::error ") and said in line for line in annotations) is (on_empty == "fail")
    assert '"planned": 0' in ended.stdout or on_empty == "fail"


PIPES = """
name: t
env: {COUNT: {command: "seq 20000 | head -n 2 | wc -l"}}
map:
  input: seq 200000 | head -n $COUNT
  agent_template:
    - foreach: seq 200000 | head -n 1
      do: [{shell: "true"}]
"""


@pytest.fixture
def sh_with_pipefail(tmp_path: Path) -> str:
    """A `PATH` whose `sh` is bash."""
    bash = shutil.which("bash")
    assert bash is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to(bash)
    return f"{tmp_path / 'bin'}:{os.environ['PATH']}"


def test_a_list_fails_when_any_command_of_its_pipe_fails(sh_with_pipefail: str, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": ""})
    well = run(repository, PIPES, PATH=sh_with_pipefail)
    assert (well.exit_code, len(well.results["items"])) == (0, 2), well.stdout
    for broken in ("seq 200000 | head -n $COUNT", "seq 200000 | head -n 1", "seq 20000 | head -n 2"):
        ended = run(repository, PIPES.replace(broken, "no-such-tool | cat"), PATH=sh_with_pipefail)
        assert ended.exit_code in (1, 2), broken
        assert "127" in ended.stdout + ended.stderr, broken


def test_the_interpreter_of_the_workflow_runs_the_input(tmp_path: Path) -> None:
    workflow = "name: t\ndefaults: {interpreter: bash}\nmap:\n  input: INPUT\n  agent_template: [{shell: 'true'}]\n"
    repository = make_repository(tmp_path / "r", {"f": ""})
    assert lines(run(repository, workflow.replace("INPUT", "echo {a,b} | tr ' ' '\\n'"))) == ["a", "b"]
    ended = run(repository, workflow.replace("INPUT", "no-such-tool | cat"))
    assert ended.exit_code == 2
    assert "exit code 127" in ended.stderr


def test_a_range_that_runs_backwards_stands_for_itself(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"[z-a]1.txt": "", "z1.txt": ""})
    looped = 'setup:\n  - foreach: "[z-a]*.txt"\n    do: [{shell: \'echo "${item}" > seen\'}]\n'
    ended = run(repository, document('"[z-a]*.txt"', setup=looped))
    assert lines(ended) == ["[z-a]1.txt"]


def test_braces_without_a_bound_are_an_error(tmp_path: Path) -> None:
    names = [f"f{number:04}.txt" for number in range(1001)]
    repository = make_repository(tmp_path / "r", dict.fromkeys(names, ""))
    assert lines(run(repository, document(f'{{glob: "{{{",".join(names[:-1])}}}"}}'))) == names[:-1]
    ended = run(repository, document(f'{{glob: "{{{",".join(names)}}}"}}'))
    assert ended.exit_code == 2, ended.stdout
    assert "stand for more than 1,000 globs" in ended.stderr
    looped = f'name: t\nsteps:\n  - foreach: "*{{{",".join(names)}}}"\n    do: [{{shell: "true"}}]\n'
    again = run(repository, looped)
    assert again.exit_code == 1, again.stdout
    assert "stand for more than 1,000 globs" in again.stdout


@pytest.mark.parametrize("on_empty", ("warn", "fail"))
@pytest.mark.parametrize("source", ("gen/*.dat", "{glob: gen/*.dat}"))
def test_a_plan_waits_for_files_that_setup_may_make(source: str, on_empty: str, tmp_path: Path) -> None:
    repository = made(tmp_path)
    setup, fields = "setup:\n  - shell: mkdir gen; echo 1 > gen/1.dat\n", f"  on_empty: {on_empty}\n"
    (tmp_path / "workflow.yml").write_text(document(source, setup=setup, fields=fields))
    planned = prodigy(repository, "plan", "../workflow.yml")
    assert (planned.exit_code, planned.stderr) == (0, "")
    assert "the input 'gen/*.dat' does not exist yet: setup may make it" in planned.stdout
    assert lines(run(repository, document(source, setup=setup, fields=fields))) == ["gen/1.dat"]
    (tmp_path / "workflow.yml").write_text(document(source, fields=fields))
    without_setup = prodigy(repository, "plan", "../workflow.yml")
    assert without_setup.exit_code == (1 if on_empty == "fail" else 0)
    assert "gives no items" in without_setup.stderr


def test_a_plan_warns_once_of_an_input_that_could_be_something_else(tmp_path: Path) -> None:
    repository = made(tmp_path)
    (repository / "list.sh").write_text("#!/bin/sh\nls scripts/*\n")
    (repository / "list.sh").chmod(0o755)
    assert prodigy_plan(repository, "list.sh").stderr.count("can be run") == 1
    for options in ((), ("--run-input",)):
        planned = prodigy_plan(repository, "scripts/* --list || true", *options)
        assert planned.stderr.count("runs the first file") == 1, planned.stderr


VALUES = {"a* b/1.txt": "", "a* b/2.txt": "", "ax b/1.txt": "", "other.txt": "", "ab.txt": ""}


@pytest.mark.parametrize(
    ("source", "expected"),
    (
        ("${Q}/*.txt", ["a* b/1.txt", "a* b/2.txt"]),
        ("$Q/[1].txt other.txt", ["a* b/1.txt", "other.txt"]),
        ("'*.txt ${Q}/2.txt'", ["a* b/2.txt", "ab.txt", "other.txt"]),
        ("{glob: '${Q}/*.txt'}", ["a* b/1.txt", "a* b/2.txt"]),
        ("{glob: '${P}.txt'}", []),
        ("${R:-other}*.txt", ["other.txt"]),
        ("${G}", ["ab.txt", "other.txt"]),
    ),
)
def test_a_value_in_a_glob_stands_for_itself(source: str, expected: list[str], tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", VALUES)
    given = "parameters: {P: {default: 'a*'}, Q: {default: 'a* b'}, G: {default: '*.txt'}}\n"
    ended = run(repository, given + document(source, fields="  on_empty: ok\n"))
    assert lines(ended) == expected
    if source.startswith("{") or source == "${G}":
        return
    looped = f"steps:\n  - foreach: {source}\n    do: [{{shell: 'echo \"${{item}}\" >> log', auto_commit: true}}]\n"
    again = run(repository, f"name: t\n{given}{looped}")
    assert again.exit_code == 0, again.stdout + again.stderr
    assert again.tree()["log"].splitlines() == expected


def test_a_value_makes_no_glob_of_a_command(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", VALUES)
    given = "parameters: {P: {default: 'a*'}}\n"
    ended = run(repository, given + document("./${P}.txt other.txt"))
    assert ended.exit_code == 2, ended.stdout
    assert "./a*.txt" in ended.stderr
    looped = "steps:\n  - foreach: ./${P}.txt other.txt\n    do: [{shell: 'true'}]\n"
    again = run(repository, f"name: t\n{given}{looped}")
    assert again.exit_code == 1, again.stdout


def test_lines_of_text_and_of_json_may_alternate(tmp_path: Path) -> None:
    (tmp_path / "lines.sh").write_text("echo text; echo '{\"n\": 1}'; echo 5; echo '{no json}'; echo '[1]'\n")
    ended = run(made(tmp_path), document(f"{{command: sh {tmp_path}/lines.sh}}").replace("test -e", ": "))
    items = [item["item"] for item in ended.results["items"]]
    assert items == [{"item": "text"}, {"n": 1}, {"item": "5"}, {"item": "{no json}"}, {"item": "[1]"}]


def test_a_path_that_begins_at_a_list_selects_in_one_printed_object(tmp_path: Path) -> None:
    (tmp_path / "object.json.txt").write_text('{"items": [{"n": 1}, {"n": 2}]}\n')
    source = f"{{command: cat {tmp_path}/object.json.txt}}"
    ended = run(made(tmp_path), document(source, fields="  json_path: '$[*].items[*]'\n").replace("test -e", ": "))
    assert ended.exit_code == 0, ended.stdout
    assert [item["item"] for item in ended.results["items"]] == [{"n": 1}, {"n": 2}]


def test_json_lines_longer_than_a_block_are_read_whole_and_their_errors_placed(tmp_path: Path) -> None:
    text = "".join(f'{{"n": {number}, "text": "{"é" * 40_000}"}}\r\n' for number in range(40))
    repository = make_repository(tmp_path / "r", {"items.jsonl": text + '{"n": 40}'})
    workflow = tmp_path / "workflow.yml"
    workflow.write_text(document("items.jsonl").replace("${item}", "${item.n}"))
    planned = prodigy(repository, "plan", "../workflow.yml")
    assert "41 of 41 items of the file items.jsonl" in planned.stdout, planned.stdout + planned.stderr
    (repository / "items.jsonl").write_text(text + '{"n": 40,,}')
    refused = prodigy(repository, "plan", "../workflow.yml")
    assert (refused.exit_code, "items.jsonl:41:10" in refused.stderr) == (2, True), refused.stdout + refused.stderr
