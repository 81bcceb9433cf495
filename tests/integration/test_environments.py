"""Installed environments that agents get: what they name by its whole path is in the agent's own worktree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository, shell
from tests.support.killing import Gate, kill_at, seen

FILES = {"src/pkg/__init__.py": "VERSION = 'old'\n", ".gitignore": ".venv/\nnode_modules/\nbuild/\n__pycache__/\n"}
SITE = '"$(echo .venv/lib/python3*/site-packages)"'
FINDER = "import sys; sys.path.insert(0, '$PWD/src')"
INSTALLS = {
    "a .pth file": f'echo "$PWD/src" > {SITE}/editable.pth',
    "easy-install": f'echo "$PWD/src" > {SITE}/pkg.egg-link; echo "$PWD/src" > {SITE}/easy-install.pth',
    "a finder": f'echo "{FINDER}" > {SITE}/__editable___pkg_finder.py; '
    f'echo "import __editable___pkg_finder" > {SITE}/e.pth; .venv/bin/python -c pass',
    "a link": f'ln -s "$PWD/src/pkg" {SITE}/pkg',
}
VENV = "python3 -m venv --without-pip .venv"
USE = (
    "echo \"VERSION = 'new'\" > src/pkg/__init__.py; "
    ".venv/bin/python -c 'import pkg; print(pkg.VERSION)' > \"tested-${item}\"; git checkout -q src"
)


def workflow(setup: str, step: str, carry: str = ".venv/") -> str:
    return f"""
name: environments
setup:
  - shell: |
      {setup}
map:
  input: [one, two, three]
  max_parallel: 2
  commit: auto
  carry: [{carry}]
  agent_template:
    - shell: |
        {step}
"""


def warnings(ended: Ended) -> list[dict[str, Any]]:
    return ended.logged("carried_files_name_other_places")


@pytest.mark.parametrize("way", tuple(INSTALLS))
def test_an_editable_install_of_setup_uses_the_items_own_code(way: str, tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", FILES), workflow(f"{VENV}; {INSTALLS[way]}", USE))
    assert ended.states == ["succeeded"] * 3, ended.stdout
    assert {name: text for name, text in ended.tree().items() if name.startswith("tested")} == {
        f"tested-{item}": "new" for item in ("one", "two", "three")
    }
    assert warnings(ended) == []


@pytest.mark.parametrize("way", tuple(INSTALLS))
def test_an_editable_install_of_an_earlier_ci_step_uses_the_items_own_code(way: str, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    shell(repository, f"{VENV}; {INSTALLS[way]}")
    ended = run(repository, workflow("true", USE))
    assert ended.states == ["succeeded"] * 3, ended.stdout
    assert ended.tree()["tested-two"] == "new"


def test_programs_of_an_environment_run_its_copy(tmp_path: Path) -> None:
    tool = "#!$PWD/.venv/bin/python\\nimport sys; print(sys.prefix)\\n"
    setup = f'{VENV}; printf "{tool}" > .venv/bin/tool; chmod +x .venv/bin/tool'
    step = 'test "$(.venv/bin/tool)" = "$PWD/.venv" && touch "good-${item}"'
    ended = run(make_repository(tmp_path / "repository", FILES), workflow(setup, step))
    assert ended.states == ["succeeded"] * 3, ended.stdout


def test_links_between_packages_lead_to_the_items_own_ones(tmp_path: Path) -> None:
    setup = (
        'mkdir -p node_modules; ln -s "$PWD/src/pkg" node_modules/pkg; ln -s ../src node_modules/near; '
        "ln -s /usr/bin/env node_modules/env"
    )
    step = 'test "$(realpath node_modules/pkg)" = "$(realpath src/pkg)" -a -e node_modules/env && touch "good-${item}"'
    ended = run(make_repository(tmp_path / "repository", FILES), workflow(setup, step, "node_modules/"))
    assert ended.states == ["succeeded"] * 3, ended.stdout


def test_other_files_that_name_setups_worktree_or_the_checkout_are_named(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    (repository / "build").mkdir()
    (repository / "build/checkout.txt").write_text(f"root={repository}/src\n")
    (repository / "build/near.txt").write_text(f"root={repository}-other/src and {tmp_path}/x{repository}\n")
    ended = run(repository, workflow('echo "dir=$PWD" > build/cache.txt; echo none > build/none.txt', "true", "build/"))
    assert [(each["files"], each["count"]) for each in warnings(ended)] == [
        (["build/cache.txt", "build/checkout.txt"], 2)
    ]


def test_a_resumed_run_uses_the_items_own_code(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {**FILES, "gate": "closed\n"})
    text = workflow(f"{VENV}; {INSTALLS['a .pth file']}", USE + f"; test -e {tmp_path}/open")
    first = run(repository, text, "--fail-on", "never")
    assert first.states == ["failed"] * 3
    (tmp_path / "open").touch()
    second = run(repository, text, "--resume-from", "prodigy-results")
    assert second.states == ["succeeded"] * 3, second.stdout
    assert second.tree()["tested-two"] == "new"


def test_the_resume_of_a_killed_run_uses_the_items_own_code(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    gate = Gate(tmp_path / "gate")
    gate.open(0)
    (tmp_path / "workflow.yml").write_text(
        workflow(f"{VENV}; {INSTALLS['a .pth file']}; mktemp {tmp_path}/setup-XXXXXX", f"{gate.text('1')} && {USE}")
    )
    kill_at(repository, seen("agent_started"), "run", str(tmp_path / "workflow.yml"))
    gate.open()
    ended = prodigy(repository, "run", str(tmp_path / "workflow.yml"), "--resume-from", "prodigy-results")
    assert ended.states == ["succeeded"] * 3, ended.stdout
    assert len(list(tmp_path.glob("setup-*"))) == 1, "setup was not repeated"
    assert ended.tree()["tested-two"] == "new"
