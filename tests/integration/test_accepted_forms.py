"""Forms that files written for Prodigy have, and names that they use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository

ITEMS = '{"items": [{"p": 9, "n": "a"}, {"p": 8, "n": "b=c"}]}'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r", {"i.json": ITEMS, ".env": "A=1\n", ".env.prod": "B=2\n"})


def test_analyze_does_nothing_and_says_so(repository: Path) -> None:
    workflow = "- analyze: {max_cache_age: 300}\n- shell: echo after > seen\n  auto_commit: true\n"
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"] == "after"
    assert "`analyze` has no effect" in prodigy(repository, "validate", "../workflow.yml").stdout


@pytest.mark.parametrize(
    ("path", "names"),
    (
        ("items[*]", ["a", "b=c"]),
        (".items[*]", ["a", "b=c"]),
        ("$.items[?(@.p = 9)]", ["a"]),
        ("items[?(@.n = 'b=c')]", ["b=c"]),
    ),
)
def test_a_json_path_may_be_written_shorter(repository: Path, path: str, names: list[str]) -> None:
    workflow = f'name: t\nmap: {{input: i.json, json_path: "{path}", agent_template: [{{shell: "true"}}]}}\n'
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert [item["item"]["n"] for item in ended.results["items"]] == names


@pytest.mark.parametrize(
    ("condition", "holds"),
    (
        ("${score >= 80}", True),
        ("${score < 80 && score > 1}", False),
        ("${!(score == 85)}", False),
        ("${env.PLACE == 'x:-y}'}", True),
        ("${score == 85} && ${score > 1}", True),
    ),
)
def test_a_condition_may_stand_in_one_placeholder(repository: Path, condition: str, holds: bool) -> None:
    workflow = f"""
env: {{PLACE: "x:-y}}"}}
commands:
- {{shell: echo 85, capture: score, capture_format: number}}
- shell: echo yes > seen
  when: {condition!r}
  auto_commit: true
"""
    if "'" in condition:
        workflow = workflow.replace(repr(condition), f'"{condition}"')
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ("seen" in ended.tree()) is holds


def test_a_wrong_expression_in_a_placeholder_is_refused_at_its_place(repository: Path) -> None:
    ended = run(repository, '- shell: "true"\n  when: "${score >= }"\n')
    assert ended.exit_code == 2
    assert "workflow.yml:2:" in ended.stderr


def test_env_files_have_variables_and_may_be_missing(repository: Path) -> None:
    workflow = """
env: {STAGE: prod}
env_files: [.env, ".env.${STAGE}", .env.none]
commands: [{shell: 'echo "$A $B" > seen', auto_commit: true}]
"""
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"] == "1 2"
    assert "the env file '.env.none' does not exist" in ended.stdout
    required = workflow.replace(".env.none]", "{path: .env.none, required: true}]")
    assert run(repository, required).exit_code == 2
    silent = workflow.replace(".env.none]", "{path: .env.none, required: false}]")
    assert "does not exist" not in run(repository, silent).stdout


def test_a_secret_may_be_below_the_home_directory(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "token").write_text("a-secret-of-home\n")
    workflow = "secrets: {T: {provider: file, key: ~/token}}\ncommands: [{shell: 'echo \"$T ${#T}\"'}]\n"
    ended = run(repository, workflow, HOME=str(tmp_path / "home"))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert "*** 16" in (ended.results_dir / "logs/setup.log").read_text()


def test_a_field_that_the_check_does_not_report_is_empty(repository: Path) -> None:
    workflow = """
- shell: "true"
  validate:
    shell: echo '{"completion_percentage":50,"incomplete_specs":["s1"]}'
    on_incomplete:
      shell: echo "[${validation.incomplete_specs}][${validation.other}]" > seen; git add .; git commit -qm seen
      max_attempts: 1
      fail_workflow: false
"""
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"] == "[s1][]"
    assert ended.logged("validation_fields_not_reported")[0]["fields"] == ["other"]


def test_the_workflow_and_the_step_have_names(repository: Path) -> None:
    text = "${workflow.name} ${workflow.iteration} ${step.name} ${step.index} ${workflow.id}"
    workflow = f"name: all\ncommands:\n- shell: 'true'\n- id: two\n  shell: echo {text} > seen\n  auto_commit: true\n"
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"] == f"all 1 two 1 {ended.results['run_id']}"
    (repository.parent / "w.yml").write_text("- shell: echo ${workflow.nmae}\n")
    refused = prodigy(repository, "validate", "../w.yml")
    assert refused.exit_code == 2
    assert "did you mean `name`?" in refused.stdout
