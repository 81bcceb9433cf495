"""What is imported for an answer: nothing heavy where the answer does not need it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import clean_environ, make_repository

NEEDLESS = {
    # of libraries that a plain run uses a part of
    "git.repo.base", "gitdb.db", "structlog.dev", "importlib.metadata",
    # libraries for what few workflows, or terminals, need
    "lark", "jsonpath", "rich", "dotenv", "regex", "jinja2",
    # of the standard library
    "urllib.request", "email", "zipfile", "pickle", "importlib.resources",
    # of the program itself
    "prodigy_action.adapters.shell_parser.shfmt", "prodigy_action.app.collecting", "prodigy_action.app.plan",
    "prodigy_action.app.reproduction.reproduce", "prodigy_action.app.show", "prodigy_action.starter.render",
    "prodigy_action.pure.shell.safety.compile", "prodigy_action.pure.shell.safety.taint",
    "prodigy_action.pure.shell.syntax.walker",
}  # fmt: skip
"""What a run with one plain item must not import: each takes longer than such an item."""
OF_PHASES = {
    "prodigy_action.pure.dependency_analysis.graph", "prodigy_action.pure.dependency_analysis.rules",
    "prodigy_action.pure.dependency_analysis.shell_footprint",
    "prodigy_action.pure.dependency_analysis.known_commands",
}  # fmt: skip
"""What only a run with steps beside those of its items may import."""
HEAVY = {"pydantic", "git", "yaml", "structlog", "lark", "jsonpath"}
WORKFLOW = """
name: plain
setup:
  - shell: {command}
map:
  input: [a]
  agent_template:
    - shell: echo done
"""


def imported(directory: Path, *arguments: str) -> set[str]:
    """The top-level packages that one call of the program imports."""
    return {name.partition(".")[0] for name in imported_modules(directory, *arguments)}


def imported_modules(directory: Path, *arguments: str) -> set[str]:
    """The modules that one call of the program imports."""
    command = [sys.executable, "-X", "importtime", "-m", "prodigy_action", *arguments]
    # The measuring of coverage imports modules of its own.
    environ = {name: value for name, value in clean_environ().items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, env=environ, timeout=60)
    assert done.returncode == 0, done.stderr
    rows = (line.split("|") for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {row[2].strip() for row in rows}


@pytest.mark.parametrize("setup", (True, False))
def test_a_run_imports_nothing_that_it_does_not_need(setup: bool, tmp_path: Path) -> None:
    workflow = WORKFLOW.format(command="echo done")
    workflow = workflow if setup else workflow.replace("setup:\n  - shell: echo done\n", "")
    repository = make_repository(tmp_path, {"workflow.yml": workflow})

    modules = imported_modules(repository, "run", "workflow.yml")

    assert {"git.exc", "structlog._base", "prodigy_action.report.page.render"} <= modules
    assert modules & NEEDLESS == set()
    assert modules & OF_PHASES == (OF_PHASES if setup else set())


@pytest.mark.parametrize("arguments", (["--version"], ["--help"], ["run", "--help"], ["plan", "--help"]))
def test_an_answer_about_the_program_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    packages = imported(tmp_path, *arguments)

    assert "prodigy_action" in packages
    assert packages & HEAVY == set()


def test_the_version_is_reported_before_the_command_line_is_imported(tmp_path: Path) -> None:
    assert imported(tmp_path, "--version") & {"click", "anyio", "asyncio", "json"} == set()


@pytest.mark.parametrize(("command", "needed"), (("echo done", False), ("echo ${{last.output}}", True)))
def test_the_shell_parser_is_called_for_more_than_plain_words(command: str, needed: bool, tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text(WORKFLOW.format(command=command.replace("{{", "{").replace("}}", "}")))

    modules = imported_modules(tmp_path, "validate", "workflow.yml")
    assert ("prodigy_action.adapters.shell_parser.shfmt" in modules) is needed
