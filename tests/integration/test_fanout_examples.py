"""The examples of a fan-out on other engines: each fits its schema, and the script is executed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.blackbox import prodigy
from tests.support.git import clean_environ, git, make_repository
from tests.support.runner.job import ROOT

EXAMPLES = ROOT / "examples"
WORKFLOW = """
name: fanned-out
map:
  input: items.json
  commit: auto
  agent_template:
    - shell: |
        echo "${item}" >> "$MARKS/executed"
        if [ -e "$MARKS/fail" ] && [ "${item}" = e ]; then exit 3; fi
        echo done > "made-${item}"
reduce:
  - shell: ls made-* > all && git add all && git commit -qm List
"""


def test_the_pipeline_of_gitlab_fits_its_schema() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.gitlab-ci"]
    command += ["--data-transform", "gitlab-ci", str(EXAMPLES / "gitlab-fanout.yml")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_jobs_of_kubernetes_fit_their_schema() -> None:
    schema = json.loads((ROOT / "tests/schemas/kubernetes-job.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    jobs = list(yaml.safe_load_all((EXAMPLES / "kubernetes-indexed-job.yaml").read_text()))

    assert [job["metadata"]["labels"]["step"] for job in jobs] == ["plan", "map", "reduce"]
    for job in jobs:
        assert [error.message for error in Draft202012Validator(schema).iter_errors(job)] == []


def test_the_total_of_kubernetes_is_the_number_of_completions() -> None:
    job = list(yaml.safe_load_all((EXAMPLES / "kubernetes-indexed-job.yaml").read_text()))[1]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each.get("value") for each in container["env"]}

    assert variables["JOB_COMPLETION_TOTAL"] == str(job["spec"]["completions"])


@pytest.mark.parametrize("name", ("gitlab-fanout.yml", "kubernetes-indexed-job.yaml", "fanout.sh"))
def test_the_options_of_an_example_are_options_of_the_program(name: str) -> None:
    known = prodigy(EXAMPLES, "run", "--help").stdout
    used = set(re.findall(r"--(?:phase|resume|results|shard)[a-z-]*", (EXAMPLES / name).read_text())) - {"--shard"}

    assert {"--phase", "--resume-from", "--results-dir"} <= used
    assert {option for option in used if option not in known} == set()


def test_the_script_is_sound() -> None:
    linter = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([linter, EXAMPLES / "fanout.sh"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_script_fans_out_and_redrives(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    (marks / "fail").touch()
    repository = make_repository(
        tmp_path / "r",
        {"prodigy.yml": WORKFLOW, "items.json": json.dumps(list("abcdefg")), ".gitignore": "prodigy-*/\n"},
    )
    program = tmp_path / "prodigy-action"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m prodigy_action "$@"\n')
    program.chmod(0o755)
    environ = clean_environ(MARKS=str(marks), PRODIGY=str(program), JOBS="2")
    command = ["sh", str(EXAMPLES / "fanout.sh"), "prodigy.yml", "3"]

    failed = subprocess.run(command, cwd=repository, env=environ, capture_output=True, text=True, check=False)

    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert sorted(path.name for path in (repository / "prodigy-fanout").iterdir()) == [
        "plan",
        *(f"shard-{index}-attempt-1" for index in range(3)),
    ]
    first = json.loads((repository / "prodigy-results/results.json").read_text())
    assert [item["key"] for item in first["items"] if item["state"] == "failed"] == ["e"]
    assert first["counts"]["succeeded"] == 6

    (marks / "fail").unlink()
    git(repository, "checkout", "--quiet", "-B", "main", first["base_sha"])
    done = subprocess.run(command, cwd=repository, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    second = json.loads((repository / "prodigy-results/results.json").read_text())
    assert second["counts"]["succeeded"] == 7
    assert git(repository, "show", "HEAD:all").split() == [f"made-{letter}" for letter in "abcdefg"]
    assert sorted((marks / "executed").read_text().split()) == sorted([*"abcdefg", "e"])
