"""Nothing that others wrote is a command of the runner, whatever it is and wherever it stands."""

from __future__ import annotations

import io
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.refusal import report_bug
from tests.support.blackbox import prodigy
from tests.support.git import make_repository
from tests.support.runner.back_ends import BackEnd, DockerBackEnd, SubprocessBackEnd, make_job
from tests.support.runner.commands_grammar import find_commands
from tests.support.runner.file_commands import parse_records
from tests.support.runner.hostile_texts import hostile_texts
from tests.support.runner.job import FILES, StepEnd, owner_to_give

WORKFLOW = """
name: NAME
description: NAME
mode: mapreduce
env: {HOSTILE: NAME}
setup:
  - shell: cat hostile; cat hostile >&2
map:
  input: items.json
  max_parallel: 4
  agent_template:
    - shell: |
        printf '%s\\n' "${item.text}"; printf '%s\\n' "${item.text}" >&2; cat hostile
        file=$(printf '%s' "${item.text}" | tr '/\\0' '__' | head -c 200)
        printf '%s' "${item.text}" > "in-$file" && git add -A . && git commit -qF - --cleanup=verbatim <<END
        x ${item.text}
        END
      capture_output: said
    - shell: 'printf "%s" "${item.text}" >&2; test "${item.fail}" != true'
reduce:
  - shell: cat hostile >&2; git log --format=%B
"""
WORST = (
    "::error::owned",
    "\n::set-output name=result::owned\n",
    "a\r::add-mask::e\r",
    "x ##[error]owned",
    "##[add-mask]e\n##[stop-commands]owned",
    "\u00a0::stop-commands::owned-token",
    "###[set-env name=PATH;]/tmp",
    "::add-path::/tmp\n::save-state name=a::b\n::group::x\n::endgroup::",
    "%0A::error::owned",
    "result=owned\nresult<<E\nowned\nE",
)


def texts_as_yaml(text: str) -> str:
    """A scalar that YAML takes for the text, as far as YAML can hold it."""
    holdable = "".join(c for c in text if c.isprintable() or c in "\n\t\r\x85\u2028\u2029")
    return (
        json.dumps(holdable, ensure_ascii=False)
        .replace("\u2028", "\\L")
        .replace("\u2029", "\\P")
        .replace("\x85", "\\N")
    )


def run_with(texts: Sequence[str], back_end: BackEnd, directory: Path, **inputs: str) -> StepEnd:
    """A run in which the texts are values of items, names of files, messages of commits, output and YAML."""
    job = make_job(directory / "job", owner_to_give(), lambda path: make_repository(path, hostile_files(texts)))
    return back_end.run(job, {"workflow": "workflow.yml", **inputs}, environ={"RUNNER_DEBUG": "1"})


def hostile_files(texts: Sequence[str]) -> dict[str, str | bytes]:
    """A workflow, its items and a file, all made of the texts."""
    items = [{"text": text.replace("\0", "0"), "fail": str(n % 2 == 0).lower()} for n, text in enumerate(texts)]
    name = texts_as_yaml("".join(texts)[:300] or "x")
    return {
        "workflow.yml": WORKFLOW.replace("NAME", name).encode("utf-8", "replace"),
        "items.json": json.dumps(items),
        "hostile": "\n".join(texts).encode("utf-8", "surrogatepass") + b"\xff\xfe\x80",
    }


def assert_in_command(end: StepEnd, texts: Sequence[str]) -> None:
    """The runner carries out what the action means, and nothing else."""
    assert end.exit_code == (1 if texts else 0), end.stdout + end.stderr
    kinds = Counter(command.name for command in end.commands)
    assert set(kinds) <= {"group", "endgroup", "error", "warning"}
    assert all(
        set(command.properties) <= {"title", "file", "line", "col", "endLine", "endColumn"}
        for command in end.annotations
    )
    assert [title.partition(":")[0] for title in end.groups] == ["setup", "map", "landing the items", "reduce"]
    assert end.set_for_the_job == ({}, [], {})
    assert end.outputs["result"] == ("failure" if texts else "success")
    assert end.outputs["total"] == str(len(texts))
    assert set(end.outputs) == OUTPUTS


OUTPUTS = {
    *("result", "run-id", "total", "succeeded", "unchanged", "failed", "conflicted", "not-run", "base-sha", "head-sha"),
    *("branch", "changed", "results-dir", "results-file", "failed-items", "failed-keys", "matrix"),
}


@pytest.mark.parametrize("log_format", ("json", "console"))
def test_the_worst_texts_command_nothing(back_end: BackEnd, tmp_path: Path, log_format: str) -> None:
    end = run_with(WORST, back_end, tmp_path, **{"log-format": log_format})
    assert_in_command(end, WORST)
    assert "owned" in (end.job.files / FILES["GITHUB_STEP_SUMMARY"]).read_text()


STREAMS = """
name: streams
mode: mapreduce
map:
  input: items.json
  agent_template:
    - shell: |
        for process in /proc/[0-9]*; do
          echo "$process" >> tried
          [ -O "$process" ] && continue
          for stream in 1 2; do
            ( echo "::error::owned" > "$process/fd/$stream" && echo "$process" >> opened ) 2> /dev/null || true
          done
        done
        git add . && git commit -qm "What could be opened"
"""


@pytest.mark.docker
def test_an_unprivileged_item_does_not_reach_the_streams_of_the_action(docker_image: str, tmp_path: Path) -> None:
    files = {"workflow.yml": STREAMS, "items.json": "[1]"}
    job = make_job(tmp_path / "job", owner_to_give(), lambda path: make_repository(path, files))
    end = DockerBackEnd(docker_image).run(job, {"workflow": "workflow.yml", "run-as": "owner"})
    assert end.exit_code == 0, end.stdout + end.stderr
    assert end.annotations == []
    assert "/proc/1" in (job.workspace / "tried").read_text().split()
    assert not (job.workspace / "opened").exists()


def test_a_plan_of_the_worst_texts_commands_nothing(back_end: BackEnd, tmp_path: Path) -> None:
    end = run_with(WORST, back_end, tmp_path, **{"dry-run": "true"})
    assert end.exit_code == 0, end.stderr
    assert "item 9" in end.stdout
    assert end.commands == []


@pytest.mark.parametrize(
    "arguments",
    (
        ("plan", "workflow.yml", "--format", "json"),
        ("plan", "workflow.yml", "--format", "text", "--explain"),
        ("validate", "workflow.yml", "--format", "json"),
        ("validate", "items.json", "--format", "json"),
        ("validate", "items.json"),
    ),
)
def test_documents_of_other_commands_command_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    repository = make_repository(tmp_path / "r", hostile_files([*WORST, "\udcff ###[error]\u2028x"]))
    ended = prodigy(repository, *arguments)
    assert ended.exit_code in (0, 2)
    assert ended.stdout
    assert find_commands(ended.stdout + ended.stderr) == []
    if "json" in arguments:
        json.loads(ended.stdout)


def test_a_bug_of_ours_is_reported_without_letting_its_text_command_the_runner(tmp_path: Path) -> None:
    for name in ("out", "summary"):
        (tmp_path / name).touch()
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "out")}
    stdout, stderr = io.StringIO(), io.StringIO()
    world = ProcessContext.of(environ, tmp_path, stdout, stderr)
    for text in WORST:
        report_bug(ValueError(text), world, outputs=True)
    assert find_commands(stderr.getvalue()) == []
    assert {command.name for command in find_commands(stdout.getvalue())} == {"error"}
    assert len(find_commands(stdout.getvalue())) == len(WORST)
    assert parse_records((tmp_path / "out").read_text()) == {"result": "internal"}
    assert "ValueError" in stderr.getvalue()


@given(st.lists(hostile_texts, min_size=4, max_size=8), st.sampled_from(("json", "console")))
@example(texts=[], log_format="json")
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
def test_no_text_commands_anything(texts: list[str], log_format: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        end = run_with(texts, SubprocessBackEnd(), Path(directory), **{"log-format": log_format})
        assert_in_command(end, texts)


@given(st.lists(hostile_texts, min_size=1, max_size=6))
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
def test_a_wrong_workflow_of_any_text_commands_nothing(texts: list[str]) -> None:
    lines = "".join(f"  {texts_as_yaml(text)}: [{texts_as_yaml(text)}]\n" for text in dict.fromkeys(texts))
    wrong = f"name: x\nmode: {texts_as_yaml(texts[0])}\nmap:\n{lines}  max_parallel: {texts_as_yaml('a' + texts[0])}\n"
    files = {"workflow.yml": wrong.encode("utf-8", "replace")}
    given_text = texts[0].replace("\0", "0").encode("utf-8", "replace").decode()
    with tempfile.TemporaryDirectory() as directory:
        job = make_job(Path(directory) / "job", owner_to_give(), lambda path: make_repository(path, files))
        end = SubprocessBackEnd().run(job, {"workflow": "workflow.yml", "params": given_text})
        assert end.exit_code == 2
        assert {command.name for command in end.commands} <= {"error", "warning"}
        assert end.outputs == {"result": "invalid"}
        assert end.set_for_the_job == ({}, [], {})
