"""Messages name files as the user wrote them: the path of a worktree is of no use after the run, which removes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import commit_all, make_repository

STEPS = {
    "writes to a directory": "write_file: {path: folder, content: x}",
    "writes to a pipe": "write_file: {path: pipe, content: x}",
    "writes through a link": "write_file: {path: link/x, content: x}",
    "writes outside": "write_file: {path: ../x, content: x}",
    "writes no JSON": "write_file: {path: x.json, content: '{', format: json}",
    "writes no YAML": "write_file: {path: x.yml, content: '[', format: yaml}",
    "keeps output in a directory": "{shell: 'echo x', output_file: folder}",
    "keeps output in a pipe": "{shell: 'echo x', output_file: pipe}",
    "has a pipe as result": "{shell: 'true', validate: {shell: 'true', result_file: pipe}}",
    "has no result": "{shell: 'true', validate: {shell: 'true', result_file: gone.json}}",
    "has a result that is no JSON": "{shell: 'true', validate: {shell: 'echo x > r.json', result_file: r.json}}",
    "captures no JSON": "{shell: 'echo x', capture: OUT, capture_format: json}",
    "works nowhere": "{shell: 'true', working_dir: gone}",
    "works in a file": "{shell: 'true', working_dir: items.json}",
}
FILES = {
    "json": '{"x": 1',
    "jsonl": '{"x": 1}\n{"x"',
    "csv": "a,b\n1,2,3\n",
    "yaml": "- a\n- b: [\n",
}
INPUT = """
name: x
mode: mapreduce
{setup}
map:
  input: {input}
  agent_template:
    - shell: "true"
"""


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The errors of one run, by item: each item fails in a step of its own."""
    repository = make_repository(tmp_path_factory.mktemp("messages"))
    (repository / "items.json").write_text(json.dumps([{"id": name} for name in STEPS]))
    steps = "\n".join(
        f"    - when: \"item.id == '{name}'\"\n      foreach: [1]\n      do:\n        - {step}"
        for name, step in STEPS.items()
    )
    commit_all(repository)
    completed = run(
        repository,
        "name: x\nmode: mapreduce\nmap:\n  input: items.json\n  json_path: '$[*]'\n  agent_template:\n"
        "    - shell: mkfifo pipe; mkdir folder; ln -s /etc link\n" + steps,
    )
    assert completed.exit_code == 1, completed.stderr
    return {item["item"]["id"]: item["error"]["message"] for item in completed.results["items"]}


@pytest.mark.parametrize("name", STEPS)
def test_the_error_of_a_step_names_no_file_of_the_run(failures: dict[str, str], name: str) -> None:
    assert "prodigy-pool" not in failures[name]
    assert "Errno" not in failures[name]
    assert "(char " not in failures[name]


@pytest.mark.parametrize("made_by", ("the commit", "setup"))
@pytest.mark.parametrize("form", FILES)
def test_a_problem_of_an_item_file_is_at_its_path_in_the_repository(tmp_path: Path, form: str, made_by: str) -> None:
    repository = make_repository(tmp_path / "repository")
    (repository / "data").mkdir()
    first = "data/first.txt" if made_by == "setup" else f"data/items.{form}"
    (repository / first).write_text(FILES[form])
    setup = f"setup: [{{shell: cp {first} data/items.{form}}}]" if made_by == "setup" else ""
    commit_all(repository)
    completed = run(repository, INPUT.format(setup=setup, input=f"data/items.{form}"))
    said = completed.stdout + completed.stderr
    assert completed.exit_code == (1 if made_by == "setup" else 2), said
    assert f"data/items.{form}:" in said
    assert f"/data/items.{form}" not in said
