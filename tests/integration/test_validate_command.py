"""`validate` and `schema`, through the command line: all problems of all files, as text and as JSON."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import clean_environ
from tests.support.malformed import FILES, MUTATIONS, SECONDS
from tests.workflows.snapshots import INVALID, VALID

START_SECONDS = 3.0
"""What starting the interpreter may take on a busy machine, on top of the limit for the file."""


def validate(directory: Path, *arguments: str) -> Ended:
    """Run `validate` outside of any repository; it leaves no file behind."""
    before = sorted(directory.rglob("*"))
    ended = prodigy(directory, "validate", *arguments)
    assert sorted(directory.rglob("*")) == before
    return ended


def problems(ended: Ended) -> list[dict[str, Any]]:
    document = json.loads(ended.stdout)
    assert document["valid"] is (ended.exit_code == 0)
    found: list[dict[str, Any]] = document["problems"]
    return found


def test_valid_files_are_counted(tmp_path: Path) -> None:
    for name in ("a.yml", "b.json"):
        (tmp_path / name).write_text('{"steps": [{"shell": "x"}]}')
    ended = validate(tmp_path, "a.yml", "b.json")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "2 files are valid\n", "")


def test_warnings_leave_a_file_valid(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("steps: [{shell: x, timeot: 5}]")
    ended = validate(tmp_path, "a.yml")
    assert ended.exit_code == 0
    assert ended.stdout == (
        "a.yml:1:20: warning: unknown key `timeot` in a step\n"
        " 1 | steps: [{shell: x, timeot: 5}]\n"
        "   |                    ^^^^^^\n"
        "   = did you mean `timeout`?\n"
        "1 file is valid\n"
    )


def test_all_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("steps: [{shell: x, timeout: soon}, {when: 'a ==', shell: y}]")
    (tmp_path / "good.yml").write_text("steps: [{shell: x}]")
    (tmp_path / "b.yml").write_text("name: b\nmap: {input: x, agent_template: [], sort_by: a DECS}\n")
    ended = validate(tmp_path, "a.yml", "missing.yml", "good.yml", "b.yml")
    assert ended.exit_code == 2
    places = [line.split(": ")[0] for line in ended.stdout.splitlines() if ": error: " in line]
    assert places == ["a.yml:1:29", "a.yml:1:48", "missing.yml", "b.yml:2:33", "b.yml:2:48"]
    assert ended.stdout.endswith("5 errors in 3 of 4 files\n")


def test_json_shows_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "name: a\nmap:\n  input: x\n  filter: size >> 1\n  agent_template: [{shell: x, foo: y}]\n"
    )
    ended = validate(tmp_path, "--format", "json", "a.yml", "missing.yml")
    first, second, third = problems(ended)
    assert (first["severity"], first["code"], first["file"]) == ("error", "expression", "a.yml")
    assert (first["line"], first["column"], first["end_column"]) == (4, 17, 18)
    assert first["source_line"] == "  filter: size >> 1"
    assert (second["severity"], second["code"], second["line"]) == ("warning", "unknown-key", 5)
    assert (third["file"], third["line"]) == ("missing.yml", None)


EXPRESSIONS = {
    "filter: \"size > 1 && nmae contaains 'x'\"": "contaains",
    "filter: \"matches(name, 'a(')\"": "'a('",
    "sort_by: name ASC, size DECS": "DECS",
    "json_path: $.items[?@.a & 1]": "&",
    "distinct: a..b": ".b",
    'agent_template: [{shell: x, when: "${ok} = = 1"}]': "= 1",
    "agent_template: [{shell: x, retry: {retry_on: [{pattern: 'a[b'}]}}]": "a[b",
    'agent_template: [{shell: "echo ${agent.brnch}"}]': "${agent.brnch}",
}


@pytest.mark.parametrize("line", EXPRESSIONS)
def test_a_mistake_in_an_expression_is_reported_at_its_characters(tmp_path: Path, line: str) -> None:
    rest = "" if line.startswith("agent_template") else "  agent_template: [{shell: x}]\n"
    (tmp_path / "a.yml").write_text(f"name: a\nmap:\n  input: x\n  {line}\n{rest}")
    (problem,) = problems(validate(tmp_path, "--format", "json", "a.yml"))
    assert (problem["code"], problem["line"]) == ("expression", 4)
    assert f"  {line}"[problem["column"] - 1 :].startswith(EXPRESSIONS[line])


@pytest.mark.parametrize("place", ("prodigy.yml", ".github/prodigy.yml"))
def test_without_a_name_the_usual_workflow_is_checked(tmp_path: Path, place: str) -> None:
    refused = validate(tmp_path)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "no workflow is given, and neither of prodigy.yml and .github/prodigy.yml is there" in refused.stderr
    (tmp_path / ".github").mkdir()
    (tmp_path / place).write_text("name: t\nsteps:\n  - shel: x\n")
    ended = validate(tmp_path)
    assert ended.exit_code == 2
    assert ended.stdout.startswith(f"{place}:3:5: error: ")


def test_the_corpus_is_judged_as_it_should_be() -> None:
    good = prodigy(VALID[0].parent, "validate", *(path.name for path in VALID))
    assert good.exit_code == 0
    assert good.stdout.endswith(f"{len(VALID)} files are valid\n")
    bad = prodigy(INVALID[0].parent, "validate", "--format", "json", *(path.name for path in INVALID))
    assert {problem["file"] for problem in problems(bad)} == {path.name for path in INVALID}


@pytest.mark.timing
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_a_mutated_file_is_valid_or_refused_in_place_by_the_program(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    name, content = FILES[rng.randrange(len(FILES))]
    (tmp_path / name).write_bytes(MUTATIONS[seed % len(MUTATIONS)](content, rng))
    started = time.perf_counter()
    ended = validate(tmp_path, "--format", "json", name)
    assert time.perf_counter() - started < SECONDS + START_SECONDS
    assert ended.exit_code in {0, 2}, ended.stderr
    assert ended.stderr == ""
    errors = [problem for problem in problems(ended) if problem["severity"] == "error"]
    assert bool(errors) is (ended.exit_code == 2)
    assert all(problem["line"] >= 1 and problem["column"] >= 1 for problem in errors)


@pytest.mark.parametrize("which", ("workflow", "results"))
def test_the_schema_is_printed_alone(tmp_path: Path, which: str) -> None:
    ended = prodigy(tmp_path, "schema", which)
    assert (ended.exit_code, ended.stderr) == (0, "")
    jsonschema.Draft202012Validator.check_schema(json.loads(ended.stdout))


@pytest.mark.parametrize("name", ("/dev/zero", ".", "missing.yml"))
def test_what_is_no_file_of_text_is_refused_without_reading_it_all(tmp_path: Path, name: str) -> None:
    ended = validate(tmp_path, name)
    assert ended.exit_code == 2
    assert ended.stdout.startswith(f"{name}:")
    assert ended.stdout.endswith("1 error in 1 of 1 file\n")


def test_a_file_whose_name_is_no_text_is_read_all_the_same(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.yml")
    (tmp_path / name).write_text("steps: [{shell: x, timeot: 5}]")
    ended = validate(tmp_path, name)
    assert (ended.exit_code, ended.stdout.splitlines()[-1]) == (0, "1 file is valid")


@pytest.mark.parametrize("arguments", (["validate", "a.yml"], ["schema"]), ids=["validate", "schema"])
def test_output_that_finds_no_space_is_no_bug(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "a.yml").write_text("steps: [{shell: x}]")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "prodigy_action", *arguments],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=clean_environ(),
        )
    assert (done.returncode, done.stderr) == (
        1,
        "prodigy-action: standard output cannot be written: no space left on device\n",
    )
