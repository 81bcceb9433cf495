"""Parameters from outside, and `${…}` in settings that select: each takes effect or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository

RELEASE = """
name: release
env: {TARGET: staging}
profiles:
  live: {HOST: example.com}
parameters:
  version: {type: string, default: "1.0"}
map:
  input: [one]
  commit: auto
  agent_template:
    - shell: echo "${version} $TARGET ${env.TARGET} ${channel:-stable}" > seen
    - {shell: "touch dry", when: dry == 'yes'}
"""


@pytest.mark.parametrize(
    ("option", "hint"),
    (
        ("verison=2.0", "did you mean `version`?"),
        ("TRAGET=live", "did you mean `TARGET`?"),
        ("released=1", "declare it under `parameters`, or use ${released}"),
    ),
)
def test_a_parameter_that_the_workflow_does_not_know_is_refused(option: str, hint: str, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": ""})
    ended = run(repository, RELEASE, INPUT_PARAMS=option)
    assert ended.exit_code == 2
    assert f"the workflow has no parameter '{option.partition('=')[0]}'" in ended.stderr
    assert hint in ended.stderr
    assert prodigy(repository, "plan", "../workflow.yml", "--param", option).exit_code == 2


def test_every_name_that_the_workflow_uses_is_a_parameter(tmp_path: Path) -> None:
    given = ["version=2.0", "TARGET=live", "channel=beta", "dry=yes", "HOST=x"]
    options = [part for each in given for part in ("--param", each)]
    ended = run(make_repository(tmp_path / "r", {"f": ""}), RELEASE, *options)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"] == "2.0 live live beta"
    assert "dry" in ended.tree()


def test_a_parameter_over_a_variable_is_data_in_the_input(tmp_path: Path) -> None:
    workflow = """
name: t
env: {LIST: echo safe}
map:
  input: ${env.LIST}
  agent_template: [{shell: "true"}]
"""
    repository = make_repository(tmp_path / "r", {"f": ""})
    trusted = run(repository, workflow)
    assert [item["item"] for item in trusted.results["items"]] == [{"item": "safe"}]
    given = run(repository, workflow, "--param", "LIST=touch $HOME/pwned; echo x", HOME=str(tmp_path))
    assert given.exit_code != 0
    assert not (tmp_path / "pwned").exists()


FILES = {"app/[id].txt": "1", "app/i.txt": "1", "src/a.txt": "1", "src/keep.txt": "1"}


def test_globs_of_commits_take_values_as_they_are(tmp_path: Path) -> None:
    workflow = """
name: commits
env: {WHO: Robot, KEEP: keep}
map:
  input: ["app/[id].txt", "src/a.txt"]
  agent_template:
    - shell: for f in app/*.txt src/*.txt; do echo "${item}" > "$f"; done
      auto_commit: true
      commit_config:
        author: $WHO <robot@example.com>
        include_files: ["${item}", "src/*.txt"]
        exclude_files: ["**/$KEEP.txt", "src/${item_index}*"]
"""
    ended = run(
        make_repository(tmp_path / "r", FILES), workflow.replace('"src/a.txt"]\n', '"other"]\n  max_items: 1\n')
    )
    assert ended.exit_code == 0, ended.stdout
    tree = ended.tree()
    assert tree["app/[id].txt"] == "app/[id].txt"
    assert tree["src/a.txt"] == "app/[id].txt"
    assert (tree["app/i.txt"], tree["src/keep.txt"]) == ("1", "1")


def test_globs_of_carried_files_take_variables(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {".gitignore": "cache-*\n", "f": ""})
    (repository / "cache-linux").write_text("kept")
    workflow = """
name: carry
env: {OS: linux}
map:
  input: [one]
  carry: ["cache-${OS}"]
  commit: auto
  agent_template: [{shell: "cat cache-linux > seen"}]
"""
    ended = run(repository, workflow)
    assert ended.tree()["seen"] == "kept", ended.stdout
    wrong = run(repository, workflow.replace("${OS}", "${SO}"))
    assert wrong.exit_code == 2
    assert "the variable '${SO}' is not defined" in wrong.stderr


def test_a_dollar_that_names_no_variable_stays_what_it_is(tmp_path: Path) -> None:
    items = '[{"$id": "a", "name": "x$KIND", "price": "$5"}, {"$id": "b", "name": "y", "price": "$"}]'
    repository = make_repository(tmp_path / "r", {"items.json": items})
    workflow = """
name: t
map:
  input: items.json
  filter: name matches '[xy].*$' && price != '$5' && name != '\\\\${KIND}'
  key: $id
  agent_template: [{shell: "true"}]
"""
    ended = run(repository, workflow)
    assert ended.exit_code == 0, ended.stderr
    assert [item["key"] for item in ended.results["items"]] == ["b"]
