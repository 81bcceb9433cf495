"""The table of `docs/reference/environment.md` against what a step sees."""

from __future__ import annotations

import os
import re
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import clean_environ, make_repository

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = '#!/bin/sh\nenv -0 > "agent.txt"\n'
WORKFLOW = """
name: variables
map:
  input: [1]
  commit: auto
  agent_template:
    - shell: env -0 > shell.txt
    - claude: look
"""
OF_THE_SHELL = {"_", "SHLVL", "PWD"}


def rows() -> dict[tuple[str, ...], str]:
    """The names of each row of the table, as globs, and what it says about them."""
    text = (ROOT / "docs/reference/environment.md").read_text(encoding="utf-8")
    table = text.split("## What steps see of the environment")[1].split("\n\n")[1]
    lines = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {tuple(re.findall(r"`([A-Z_*]+)`", names)): said.strip() for names, said in lines}


def names_that(start: str) -> list[str]:
    """The names of the rows that begin with these words, one for each glob."""
    found = [name.replace("*", "X") for names, said in rows().items() if said.startswith(start) for name in names]
    assert found, start
    return found


def variables(text: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in text.split("\0") if each)


@pytest.mark.parametrize(
    "options",
    (
        (),
        ("--commits", "deterministic"),
        ("--agent-permissions", "bypass"),
        pytest.param(
            ("--run-as", "owner"),
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone"),
        ),
    ),
    ids=" ".join,
)
def test_every_change_to_the_environment_is_in_the_table(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IS_SANDBOX", raising=False)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        place.chmod(0o755)
        (place / "bin").mkdir()
        (place / "bin/claude").write_text(PROGRAM)
        (place / "bin/claude").chmod(0o755)
        repository = make_repository(place / "repository", {"a.txt": "a\n"})
        given = {
            **dict.fromkeys((*names_that("removed"), "OTHER", "GITHUB_SHA"), "given"),
            "GITHUB_WORKSPACE": str(repository),
            "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
            "HOME": str(place),
        }
        ended = run(repository, WORKFLOW, *options, **given)
        assert ended.states == ["succeeded"], ended.stdout + ended.stderr
        given = clean_environ(**given)
        seen = [variables(ended.tree()[name]) for name in ("shell.txt", "agent.txt")]

    documented = [name for names in rows() for name in names]
    for environ in seen:
        changed = {name for name in given.keys() | environ.keys() if given.get(name) != environ.get(name)}
        assert {
            name for name in changed - OF_THE_SHELL if not any(fnmatchcase(name, glob) for glob in documented)
        } == set()
        if "deterministic" not in options:
            assert environ.keys() & set(names_that("removed")) == set()
        assert environ["OTHER"] == environ["GITHUB_SHA"] == "given"
        assert (environ["HOME"] != given["HOME"]) is ("owner" in options)
        assert ("GIT_AUTHOR_DATE" in environ and "GIT_COMMITTER_DATE" in environ) is ("deterministic" in options)
        assert ("IS_SANDBOX" in environ) is ("bypass" in options and os.geteuid() == 0)
