"""Every workflow of the documentation is run, and does what the text says."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import documented
from tests.support.blackbox import Ended, prodigy
from tests.support.documented import EXPECTATIONS, FILES, KEYS, WORKFLOWS, Block, completed
from tests.support.git import git, make_repository

AGENT = """#!/bin/sh
for prompt; do :; done
mkdir -p notes
file="notes/$(printf %s "$prompt" | tr -c 'A-Za-z0-9\\n' -).txt"
printf '%s\\n' "$prompt" | tee "$file"
git add notes && git commit -qm "agent: $prompt"
"""
"""Stands in for `claude`: repeats its prompt, and commits it to a file below `notes`."""


def execute(block: Block, directory: Path) -> Ended:
    """Run what the check of a block says, in a repository of its own; how the last command ended."""
    check = block.check
    repository = make_repository(directory / "repository", {**FILES, **check.get("files", {})})
    agent = directory / "bin" / "claude"
    agent.parent.mkdir()
    agent.write_text(AGENT)
    agent.chmod(0o755)
    (directory / "workflow.yml").write_text(completed(block))
    environ = {"PATH": f"{agent.parent}:{os.environ['PATH']}", **check.get("environ", {})}
    ran = [
        prodigy(repository, name, str(directory / "workflow.yml"), *options, **environ)
        for name, *options in map(shlex.split, check.get("commands", ["run"]))
    ]
    return ran[-1]


@pytest.mark.parametrize("block", WORKFLOWS, ids=lambda block: block.name)
def test_a_documented_workflow_does_what_the_text_says(block: Block, tmp_path: Path) -> None:
    check = block.check
    assert set(check) <= KEYS, f"unknown: {set(check) - KEYS}"
    assert set(check) & EXPECTATIONS, f"write a check before this block, as {documented.__name__} explains"
    ended = execute(block, tmp_path)
    output = ended.stdout + ended.stderr
    assert ended.exit_code == check.get("exit", 0), output
    logs = "".join(path.read_text() for path in sorted(ended.results_dir.glob("logs/*")))
    for text in check.get("says", ()):
        assert text in output
    for text in check.get("logged", ()):
        assert text in logs
    subjects = git(ended.repository, "log", "--format=%s").splitlines()
    for text in check.get("subjects", ()):
        assert text in subjects
    expect_tree(check, ended)
    expect_results(check, ended)


def expect_tree(check: Mapping[str, Any], ended: Ended) -> None:
    tree = ended.tree()
    landed = {path: tree.get(path) for path in check.get("lands", {})}
    assert landed == check.get("lands", {}), tree
    assert not set(check.get("lacks", ())) & set(tree)


def expect_results(check: Mapping[str, Any], ended: Ended) -> None:
    if "names" in check:
        assert [item["item"]["name"] for item in ended.results["items"]] == check["names"]
    if "states" in check:
        assert ended.states == check["states"]
    for path, expected in check.get("results", {}).items():
        found: Any = ended.results
        for part in path.split("."):
            found = found[int(part) if part.isdecimal() else part]
        assert found == expected, path
