"""The shell parser as the command line sees it: its limits, a missing or broken program, many texts in one call."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodigy_action.adapters.shell_parser import shfmt, texts
from prodigy_action.adapters.shell_parser.parser import ShfmtParser
from prodigy_action.errors import InvalidInput
from prodigy_action.pure.shell.syntax.tree import Call, ParsedShell
from tests.support.blackbox import prodigy
from tests.support.git import clean_environ, make_repository

HOSTILE = {
    "a megabyte of words": "echo " + "a " * 250_000 + "${item}",
    "ten thousand substitutions in each other": "echo " + "$(" * 10_000 + "${item}",
    "ten thousand closed substitutions": "echo " + "$(" * 10_000 + "echo ${item}" + ")" * 10_000,
    "ten thousand groups": "{ " * 10_000 + "echo ${item}; " + "}; " * 10_000,
    "ten thousand quotes": "echo " + '"$(echo ' * 10_000 + "${item}",
    "ten thousand here-documents": "cat <<A\n" * 10_000 + "${item}\n" + "A\n" * 10_000,
    "a NUL": 'echo "a\0b" ${item}',
    "bytes that are no UTF-8": "echo 'a\udcff\udc80' ${item}",
}


def workflow_of(command: str) -> str:
    """A workflow as JSON, which can write every character."""
    return json.dumps({"name": "hostile", "map": {"input": [1], "agent_template": [{"shell": command}]}})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_ends_in_bounded_time_and_runs_nothing_unseen(name: str, tmp_path: Path) -> None:
    text = HOSTILE[name].encode("utf-8", "surrogateescape").decode("latin-1")
    started = time.monotonic()
    (parsed,) = ShfmtParser().parse_now([text]).values()

    assert time.monotonic() - started < 60
    assert parsed.problem is not None or name in ("bytes that are no UTF-8", "ten thousand here-documents")
    assert shfmt.SECONDS <= 10


@pytest.mark.parametrize("name", ("ten thousand substitutions in each other", "a NUL"))
def test_a_hostile_workflow_is_refused_before_anything_runs(name: str, tmp_path: Path) -> None:
    (tmp_path / "workflow.json").write_text(workflow_of(HOSTILE[name][:18_000]))
    ended = prodigy(tmp_path, "validate", "workflow.json")

    assert ended.exit_code == 2
    assert "workflow.json:1:" in ended.stdout


def test_a_command_that_is_cut_is_a_problem_in_the_json_of_validate(tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text('steps:\n- shell: |\n    echo ok\n    echo "ü" \'cut\n')
    ended = prodigy(tmp_path, "validate", "workflow.yml", "--format", "json")
    (problem,) = json.loads(ended.stdout)["problems"]

    assert ended.exit_code == 2
    assert problem["message"] == "the shell cannot read this command: reached EOF without closing quote `'`"
    assert (problem["code"], problem["line"], problem["column"]) == ("shell-syntax", 4, 14)


@pytest.fixture
def other_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An interpreter's directory of its own, in which the parser is looked for."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setattr(sys, "executable", str(directory / "python"))
    shfmt.program.cache_clear()
    yield directory / "shfmt"
    shfmt.program.cache_clear()


@pytest.mark.parametrize(
    "script", ("#!/bin/sh\nexit 3\n", "#!/bin/sh\ncat >/dev/null; echo '{\"Stmts\": [{'\n", "no program")
)
def test_a_broken_parser_is_an_error_that_says_how_to_repair_it(other_program: Path, script: str) -> None:
    other_program.write_text(script)
    other_program.chmod(0o755)
    with pytest.raises(InvalidInput, match="the shell parser 'shfmt' cannot be used") as refused:
        ShfmtParser().parse_now(['echo "$x"'])
    assert "shfmt-py" in (refused.value.diagnostics[0].hint or "")


def test_a_missing_parser_stops_a_run_before_anything_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {})
    workflow = tmp_path / "workflow.yml"
    workflow.write_text("setup: [{shell: touch ran}]\nmap: {input: [1], agent_template: [{shell: 'echo \"${item}\"'}]}")
    starter = (
        "import sys, sysconfig; sys.executable = '/nowhere/python'; sys.prefix = '/nowhere';"
        "import importlib.metadata; importlib.metadata.files = lambda name: [];"
        f"from prodigy_action.cli import invoke; sys.exit(invoke(['run', {str(workflow)!r}]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", starter],
        cwd=repository,
        capture_output=True,
        text=True,
        env=clean_environ(),
        check=False,
    )
    assert ended.returncode == 2
    assert "the shell parser 'shfmt' cannot be used: it is not installed" in ended.stderr
    assert "pip install --force-reinstall shfmt-py" in ended.stderr
    assert not list(repository.glob("*ran*"))


def test_nothing_of_a_text_is_on_the_command_line(other_program: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    real = Path(sys.prefix, "bin/shfmt")
    other_program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {seen}\nenv >> {seen}\nexec {real} "$@"\n')
    other_program.chmod(0o755)
    (parsed,) = ShfmtParser().parse_now(["echo secret-word"]).values()

    assert parsed.problem is None
    assert "--to-json" in seen.read_text()
    assert "secret-word" not in seen.read_text()


def test_texts_are_parsed_once_and_together(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(text: str) -> object:
        calls.append(text)
        return shfmt.parse_json(text)

    monkeypatch.setattr(texts, "parse_json", counted)
    parser = ShfmtParser()
    steps = [f'echo "{number}"' for number in range(50)]
    parser.parse_now(steps)
    parser.parse_now(steps)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "spoiler",
    (
        "echo 'a",
        "cat <<A",
        "cat <<A\nprodigy_end",
        "echo a \\",
        "if true; then",
        "a &&",
        "f() ",
        "echo $(",
        "# c",
        "}",
        "`",
    ),
)
def test_a_text_never_changes_how_its_neighbours_are_read(spoiler: str) -> None:
    neighbours = ['echo "b"', "echo 'c' # d", "cat <<A\nx\nA"]
    alone = [ShfmtParser().parse_now([text])[text] for text in (*neighbours, spoiler)]
    together = ShfmtParser().parse_now([neighbours[0], spoiler, *neighbours[1:]])
    for each in alone:
        assert shape(together[each.text]) == shape(each)


def test_the_codes_of_other_shells_are_parsed_with_the_text() -> None:
    text = r"""sh -c "bash -c 'echo \$1' _ x" """
    (parsed,) = ShfmtParser().parse_now([text]).values()
    (code,) = parsed.nested.values()
    (inner,) = code.nested.values()
    assert inner.text == "echo $1"
    assert isinstance(inner.statements[0].command, Call)


def shape(parsed: ParsedShell) -> tuple[object, ...]:
    """What a tree says."""
    return parsed.statements, parsed.comments, parsed.problem
