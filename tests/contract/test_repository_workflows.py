"""The repository's own GitHub workflows: least rights, pinned actions, sound scripts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import prodigy_action
from tests.contract.generated_parts import ROOT
from tests.support.git import git_environ, make_repository

OURS = r"uses: org/prodigy-action@v\d+ # zizmor: ignore\[unpinned-uses\]$"
"""The action itself, in the workflow that others call: a commit cannot hold its own id."""
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def _document(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in _document(path)["jobs"].items():
            yield f"{path.name}: {name}", job


def _steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in _jobs():
        for number, step in enumerate(job.get("steps", [])):
            yield f"{name}: step {number}", step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_right_that_a_job_does_not_ask_for(path: Path) -> None:
    assert _document(path)["permissions"] == {}


def test_every_job_names_its_rights_and_ends_by_itself() -> None:
    for name, job in _jobs():
        assert "permissions" in job, name
        assert "timeout-minutes" in job or "uses" in job, name


def test_every_action_of_others_is_pinned_to_a_commit_with_its_version() -> None:
    lines = [line for path in WORKFLOWS for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    foreign = [line for line in lines if "uses: ./" not in line and not re.search(OURS, line)]

    assert foreign
    for line in foreign:
        assert re.search(r"uses: [\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_one_action_has_one_version_everywhere() -> None:
    pinned: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for name, commit in re.findall(r"uses: ([\w./-]+)@(\S+)", path.read_text(encoding="utf-8")):
            pinned.setdefault(name, set()).add(commit)

    assert {name: commits for name, commits in pinned.items() if len(commits) > 1} == {}


def test_every_input_that_a_workflow_gives_to_the_action_is_one_of_its_inputs() -> None:
    known = set(_document(ROOT / "action.yml")["inputs"])
    steps = [(name, step) for name, step in _steps() if step.get("uses", "").startswith("org/prodigy-action@")]

    assert len(steps) == 3
    for name, step in steps:
        assert set(step["with"]) <= known, name


def test_only_the_last_job_of_a_fan_out_may_write() -> None:
    jobs = _document(ROOT / ".github/workflows/prodigy-fanout.yml")["jobs"]
    writers = [name for name, job in jobs.items() if "write" in job["permissions"].values()]

    assert list(jobs) == ["plan", "map", "reduce"]
    assert writers == ["reduce"]


def test_no_checkout_leaves_credentials_behind() -> None:
    checkouts = [(name, step) for name, step in _steps() if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    for name, step in checkouts:
        assert step["with"]["persist-credentials"] is False, name


@pytest.mark.parametrize(
    ("name", "script"), [pytest.param(name, step["run"], id=name) for name, step in _steps() if "run" in step]
)
def test_the_scripts_of_steps_are_sound_and_hold_no_expression(name: str, script: str) -> None:
    linter = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [linter, "--shell=bash", "--severity=style", "-"], input=script, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, f"{name}:\n{done.stdout}"
    assert "${{" not in script, name


def test_the_version_that_is_released_has_a_section_in_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.search(rf"^## {re.escape(prodigy_action.__version__)}( |$)", changelog, re.MULTILINE)


def test_the_release_pins_the_images_of_both_actions_and_names_them_to_the_runs_in_them(tmp_path: Path) -> None:
    script = next(step["run"] for _, step in _steps() if step.get("name", "").startswith("Pin the images in"))
    actions = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("action.yml", "agents/action.yml")}
    repository = make_repository(tmp_path / "r", actions)
    digest = f"sha256:{'5' * 64}"
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\necho {digest}\n")
    docker.chmod(0o755)
    environ = git_environ({"PATH": f"{docker.parent}:{os.environ['PATH']}", "IMAGE": "ghcr.io/o/p", "VERSION": "1.2.3"})

    subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=repository, env=environ, check=True)

    for name in actions:
        runs = _document(repository / name)["runs"]
        assert runs["image"] == f"docker://ghcr.io/o/p@{digest}"
        assert runs["env"] == {"PRODIGY_ACTION_IMAGE": f"ghcr.io/o/p@{digest}"}
    assert f"@{digest} # 1.2.3-agents\n" in (repository / "agents/action.yml").read_text(encoding="utf-8")


def test_the_workflows_of_the_self_test_are_valid() -> None:
    files = sorted((ROOT / ".github/self-test").glob("*.yml"))
    command = [sys.executable, "-m", "prodigy_action", "validate", *map(str, files)]

    assert len(files) == 2
    assert subprocess.run(command, check=False).returncode == 0
