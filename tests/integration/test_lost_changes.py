"""Steps that change files which nothing commits: a warning in place, before anything is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import make_repository

HEAD = "name: w\nmap:\n  input: [{n: a}, {n: b}]\n"
STEPS = '  agent_template:\n    - shell: test -n "${item.n}"\n    - shell: echo 1 > "new-${item.n}.txt"\n'
PLACE = "lost.yml:6:23: warning: the steps change files (`> new-${item.n}.txt`), but nothing commits them"
CURE = "write `commit: auto` in `map`, or commit in a step"

SILENT = {
    "auto": HEAD + "  commit: auto\n" + STEPS,
    "required": HEAD + "  commit: required\n" + STEPS,
    "own": HEAD + STEPS + "    - shell: git add -A && git commit -qm x\n",
    "step": HEAD + STEPS + "      auto_commit: true\n",
    "claude": HEAD + STEPS + "    - claude: /fix ${item.n}\n",
    "script": HEAD + STEPS + "    - shell: ./land.sh\n",
    "removed": HEAD + STEPS + '    - shell: rm "new-${item.n}.txt"\n',
    "shared": HEAD + '  isolation: none\n  agent_template:\n    - shell: make test > "$TMPDIR/out"\n',
    "reads": HEAD
    + "  agent_template:\n    - shell: grep -q '>' README.md\n    - shell: ruff check . > /dev/null 2>&1\n",
}
WARNED = {
    "write_file": HEAD + "  agent_template:\n    - write_file: {path: a.txt, content: x}\n",
    "output_file": HEAD + "  agent_template:\n    - shell: echo x\n      output_file: a.txt\n",
    "handler": HEAD
    + "  agent_template:\n    - shell: make\n      on_failure:\n        shell: sed -i s/a/b/ Makefile\n",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {f"{name}.yml": text for name, text in {**SILENT, **WARNED}.items()}
    return make_repository(tmp_path_factory.mktemp("lost") / "repository", {**files, "lost.yml": HEAD + STEPS})


@pytest.fixture(scope="module")
def validated(repository: Path) -> dict[str, list[str]]:
    """File → the codes of its warnings."""
    names = [f"{name}.yml" for name in (*SILENT, *WARNED)]
    ended = prodigy(repository, "validate", "--format", "json", *names)
    found: dict[str, list[str]] = {name: [] for name in (*SILENT, *WARNED)}
    for each in json.loads(ended.stdout)["problems"]:
        found[each["file"].removesuffix(".yml")].append(each["code"])
    return found


@pytest.mark.parametrize("command", ("validate", "plan"))
def test_the_warning_has_its_place_and_the_cure(repository: Path, command: str) -> None:
    ended = prodigy(repository, command, "lost.yml")
    said = ended.stdout + ended.stderr
    assert ended.exit_code == 0
    assert said.count(PLACE) == 1
    assert f"= {CURE}" in said


def test_a_run_warns_before_it_drops_the_changes(repository: Path) -> None:
    ended: Ended = prodigy(repository, "run", "lost.yml")
    [warning] = ended.logged("workflow_questionable")
    assert (warning["code"], warning["line"], warning["hint"]) == ("lost-changes", 6, CURE)
    assert ended.states == ["unchanged", "unchanged"]


@pytest.mark.parametrize("name", SILENT)
def test_there_is_no_warning_where_changes_are_committed_or_none_are_made(
    validated: dict[str, list[str]], name: str
) -> None:
    assert "lost-changes" not in validated[name]


@pytest.mark.parametrize("name", WARNED)
def test_every_kind_of_step_that_writes_is_seen(validated: dict[str, list[str]], name: str) -> None:
    assert validated[name].count("lost-changes") == 1
