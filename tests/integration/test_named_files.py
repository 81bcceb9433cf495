"""Files that a workflow, an item or an agent names: whatever is there, the program ends and says what is wrong.

A run that hangs fails these tests through the time limit of `blackbox.prodigy`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.files import make_socket
from tests.support.git import commit_all, make_repository

MAP = """
name: files
mode: mapreduce
map:
  input: items.json
  json_path: "$[*]"
  agent_template:
"""


def make_sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 20 * 2**30)


KINDS: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "socket": make_socket,
    "directory": Path.mkdir,
    "sparse": make_sparse,
}
REASONS = ("no regular file", "more than")


def workflow_file(repository: Path, path: Path) -> tuple[str, ...]:
    return ("run", str(path))


def checked_file(repository: Path, path: Path) -> tuple[str, ...]:
    return ("validate", str(path))


def written(repository: Path, text: str) -> tuple[str, ...]:
    workflow = repository.parent / "workflow.yml"
    workflow.write_text(text)
    return ("run", str(workflow))


def workflow_with(field: str) -> Callable[[Path, Path], tuple[str, ...]]:
    def arguments(repository: Path, path: Path) -> tuple[str, ...]:
        text = f"name: files\nmode: mapreduce\n{field.format(path=path)}"
        return written(repository, text)

    return arguments


READ_AT_START = {
    "workflow": workflow_file,
    "validated workflow": checked_file,
    "env_files": workflow_with(
        "env_files: [{path}]\nmap:\n  input: items.json\n  agent_template: [{{shell: 'true'}}]\n"
    ),
    "secrets": workflow_with(
        "secrets:\n  TOKEN: {{provider: file, key: {path}}}\n"
        "map:\n  input: items.json\n  agent_template: [{{shell: 'true'}}]\n"
    ),
    "map.input": workflow_with("map:\n  input: {path}\n  agent_template: [{{shell: 'true'}}]\n"),
}


@pytest.mark.parametrize("field", READ_AT_START)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_or_a_huge_one_is_refused_in_place(field: str, kind: str, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"items.json": "[1]"})
    path = tmp_path / "named.yml"
    KINDS[kind](path)

    ended = prodigy(repository, *READ_AT_START[field](repository, path))

    assert ended.exit_code == 2, ended.stderr
    assert any(reason in ended.stdout + ended.stderr for reason in REASONS), ended.stderr


MAKERS = {
    "fifo": "mkfifo named",
    "device": "ln -s /dev/zero named",
    "socket": "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"named\")'",
    "directory": "mkdir named",
    "sparse": "truncate -s 20G named",
}
STEPS = {
    "result_file": "    - validate: {shell: 'true', result_file: named, threshold: 50}",
    "output_file": "    - {shell: echo done, output_file: named}",
    "write_file": "    - write_file: {path: named, content: text}",
}


@pytest.mark.parametrize("field", STEPS)
@pytest.mark.parametrize("kind", MAKERS)
def test_a_special_or_huge_file_of_a_worktree_fails_its_item(field: str, kind: str, tmp_path: Path) -> None:
    if kind == "sparse" and field != "result_file":
        pytest.skip("writing replaces a large file")
    repository = make_repository(tmp_path / "repository", {"items.json": "[1]", ".gitignore": "named\n"})
    workflow = f"{MAP}    - shell: |\n        {MAKERS[kind]}\n{STEPS[field]}\n"

    ended = run(repository, workflow, "--run-as", "root")

    assert ended.exit_code == 1, ended.stdout + ended.stderr
    assert ended.states == ["failed"]


NAMES = ("logs", "patches", "state", ".gitignore", "results.json", "summary.md", "events.jsonl", "commits.bundle")


@pytest.mark.parametrize("name", NAMES)
def test_a_link_in_the_results_directory_is_refused_and_not_followed(name: str, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"items.json": "[1]"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    is_directory = name in {"logs", "patches", "state"}
    target = elsewhere if is_directory else elsewhere / "file"
    if not is_directory:
        target.write_text("mine")
    results = repository / "prodigy-results"
    results.mkdir()
    (results / name).symlink_to(target)
    before = {path.name: path.read_text() for path in elsewhere.iterdir()}

    ended = run(repository, f"{MAP}    - shell: 'true'\n")

    assert ended.exit_code == 2
    assert f"{name!r} in it is a link" in ended.stderr
    assert {path.name: path.read_text() for path in elsewhere.iterdir()} == before


def test_a_link_that_a_step_puts_into_the_results_directory_is_not_followed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"items.json": "[1]"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    results = repository / "prodigy-results"
    setup = f"rm -rf {results}/logs; ln -s {elsewhere} {results}/logs"
    workflow = MAP.replace("map:", f"setup:\n  - shell: {setup}\nmap:") + "    - shell: echo out\n"

    ended = run(repository, workflow, "--run-as", "root")

    assert ended.exit_code == 1, ended.stdout + ended.stderr
    assert "a symbolic link is in its place" in json.dumps(ended.results)
    assert list(elsewhere.iterdir()) == []


LEADING_OUT = {
    "input": (MAP.replace("items.json", "named.json") + '    - shell: echo "${item}"\n', "named.json"),
    "env_files": ("name: x\nenv_files: [named.env]\nsteps: [{shell: 'true'}]\n", "named.env"),
    "secret": ("name: x\nsecrets: {S: {provider: file, key: named}}\nsteps: [{shell: 'true'}]\n", "named"),
}


@pytest.mark.parametrize("field", LEADING_OUT)
def test_a_link_of_the_repository_does_not_lead_out_of_it(field: str, tmp_path: Path) -> None:
    workflow, name = LEADING_OUT[field]
    outside = tmp_path / "outside"
    outside.write_text('["CANARY=9"]' if field == "input" else "CANARY=9\n")
    repository = make_repository(tmp_path / "r", {"f": "x"})
    (repository / name).symlink_to(outside)
    commit_all(repository)
    ended = run(repository, workflow)

    assert ended.exit_code in {1, 2}
    assert "is a link that leads out of the" in ended.stdout + ended.stderr
    assert "CANARY" not in ended.stdout + ended.stderr
    for path in ended.results_dir.rglob("*"):
        assert not path.is_file() or b"CANARY" not in path.read_bytes()


def test_a_link_within_the_repository_is_followed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"data/items.json": '["a", "b"]'})
    (repository / "named.json").symlink_to("data/items.json")
    commit_all(repository)
    ended = run(repository, LEADING_OUT["input"][0])

    assert ended.states == ["unchanged", "unchanged"]
