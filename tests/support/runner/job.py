"""A job on a made-up runner: its directories, the variables that a step gets, and how a step ended."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from tests.support.git import clean_environ
from tests.support.results_schema import read_results
from tests.support.runner.commands_grammar import RunnerCommand, find_commands
from tests.support.runner.file_commands import SUMMARY_LIMIT, parse_paths, parse_records

ROOT = Path(__file__).resolve().parents[3]
OWNER = (1001, 121)
"""The runner's user on GitHub's machines, who owns the workspace."""
FILES = {
    "GITHUB_OUTPUT": "set_output_1",
    "GITHUB_ENV": "set_env_1",
    "GITHUB_PATH": "add_path_1",
    "GITHUB_STATE": "save_state_1",
    "GITHUB_STEP_SUMMARY": "step_summary_1",
}
SUMMARY_BEGINS = tuple(f"{mark} " for mark in "✓!✗")
"""The first characters of the text that ends every run."""
TOKEN = "runtime-token-6f1d9c2e8b"
"""A secret of the runner's that must turn up nowhere."""


@dataclass(frozen=True)
class Job:
    """The directories of a job, all below `root`."""

    root: Path

    @property
    def workspace(self) -> Path:
        """The checkout."""
        return self.root / "work" / "repository" / "repository"

    @property
    def temp(self) -> Path:
        """`RUNNER_TEMP`; the other directories that a container gets are inside."""
        return self.root / "work" / "_temp"

    @property
    def files(self) -> Path:
        """Where the files are through which a step speaks to the runner."""
        return self.temp / "_runner_file_commands"

    def prepare(self, owner: tuple[int, int] | None) -> None:
        """Make what the runner makes before a step, and give everything to its user."""
        for name in ("_github_home", "_github_workflow", "_runner_file_commands"):
            (self.temp / name).mkdir(parents=True, exist_ok=True)
        (self.temp / "_github_workflow" / "event.json").write_text("{}")
        for name in FILES.values():
            (self.files / name).write_bytes(b"")
        if owner is not None:
            command = ["chown", "-R", "--no-dereference", f"{owner[0]}:{owner[1]}", str(self.root)]
            subprocess.run(command, check=True)

    def environ(self, inputs: Mapping[str, str], further: Mapping[str, str]) -> dict[str, str]:
        """Every variable of the step, with the paths of the host."""
        runner = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION": "prodigy",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_API_URL": "https://api.github.example",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(self.temp / "_github_workflow" / "event.json"),
            "GITHUB_JOB": "fan-out",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REF_NAME": "main",
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_REPOSITORY": "octocat/repository",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_RUN_NUMBER": "7",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_WORKFLOW": "ci",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_ARCH": "X64",
            "RUNNER_ENVIRONMENT": "github-hosted",
            "RUNNER_NAME": "made-up",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache",
            "RUNNER_WORKSPACE": str(self.workspace.parent),
            "ACTIONS_RUNTIME_URL": "https://pipelines.github.example/",
            "ACTIONS_RUNTIME_TOKEN": TOKEN,
            "ACTIONS_RESULTS_URL": "https://results.github.example/",
            "HOME": str(self.temp / "_github_home"),
        }
        files = {variable: str(self.files / name) for variable, name in FILES.items()}
        return {**runner, **files, **input_environ(inputs), **further}


def input_environ(given: Mapping[str, str]) -> dict[str, str]:
    """`INPUT_*` as the runner makes it of action.yml and of `with:`: an input that is not given has its default."""
    declared: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    unknown = set(given) - set(declared)
    assert not unknown, f"the runner would warn of unexpected inputs: {unknown}"
    values = {name: str(one.get("default", "")) for name, one in declared.items()} | dict(given)
    return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in values.items()}


def step_environ(job: Job, inputs: Mapping[str, str], further: Mapping[str, str]) -> dict[str, str]:
    """The variables of a step that runs on the host: those of the machine, and the runner's."""
    return {**clean_environ(), **job.environ(inputs, further)}


@dataclass(frozen=True)
class StepEnd:
    """How a step ended, as the runner sees it."""

    job: Job
    exit_code: int
    stdout: str
    stderr: str
    seconds: float = 0.0
    state: dict[str, str] = field(default_factory=dict)

    @property
    def commands(self) -> list[RunnerCommand]:
        """What the runner would carry out, of standard output and of standard error."""
        return [*find_commands(self.stdout), *find_commands(self.stderr)]

    @property
    def groups(self) -> list[str]:
        """The titles of the folded parts of the log; each part is closed before the next one opens."""
        marks = [command for command in self.commands if command.name in ("group", "endgroup")]
        assert [mark.name for mark in marks] == ["group", "endgroup"] * (len(marks) // 2)
        return [mark.data for mark in marks if mark.name == "group"]

    @property
    def annotations(self) -> list[RunnerCommand]:
        """Every command that is no mark of a group; of each level as many as the runner keeps."""
        found = [command for command in self.commands if command.name not in ("group", "endgroup")]
        assert all(count <= 10 for count in Counter(command.name for command in found).values())
        return found

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the step."""
        return parse_records(self._file("GITHUB_OUTPUT"))

    @property
    def summary(self) -> str:
        """What the step adds to the job's page."""
        text = self._file("GITHUB_STEP_SUMMARY")
        assert len(text.encode()) <= SUMMARY_LIMIT
        return text

    @property
    def set_for_the_job(self) -> tuple[dict[str, str], list[str], dict[str, str]]:
        """Variables, directories of `PATH` and state that the step set."""
        paths = parse_paths(self._file("GITHUB_PATH"))
        return parse_records(self._file("GITHUB_ENV")), paths, parse_records(self._file("GITHUB_STATE"))

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of standard output that are events, which every line before the summary but the commands is."""
        lines = [line for line in self.stdout.splitlines() if not line.startswith("::")]
        events = [line for line in takewhile(lambda line: not line.startswith(SUMMARY_BEGINS), lines) if line]
        return [json.loads(line) for line in events]

    @property
    def results_dir(self) -> Path:
        """Where the output says that the results are."""
        return self.job.workspace / self.outputs["results-dir"]

    @property
    def results(self) -> dict[str, Any]:
        """`results.json`, found through the output; it fits its published schema."""
        return read_results(self.job.workspace / self.outputs["results-file"])

    def _file(self, variable: str) -> str:
        return (self.job.files / FILES[variable]).read_text(encoding="utf-8", errors="strict")


def owner_to_give() -> tuple[int, int] | None:
    """The runner's user where files can be given away, else nobody."""
    return OWNER if os.geteuid() == 0 else None
