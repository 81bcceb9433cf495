"""A run of a workflow of GitHub on made-up runners: its jobs and steps are read from the file, and executed in order.

Every job has a machine of its own: an empty workspace, into which a checkout of depth 1 and artifacts come. Known are
the steps that this repository's own workflows have: checkout, the two actions for artifacts, the action itself, `run`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from tests.support.git import git
from tests.support.runner.back_ends import BackEnd, SubprocessBackEnd
from tests.support.runner.expressions import as_text, render, truthy
from tests.support.runner.file_commands import parse_records
from tests.support.runner.job import FILES, Job, step_environ

_NOT_IN_NAMES = frozenset('":<>|*?\r\n')
Hook = Callable[[str, Path], BackEnd | tuple[BackEnd, Callable[[], bool]]]


@dataclass
class JobEnd:
    """How a job, or one job of a matrix, ended."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    step_outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""


@dataclass
class WorkflowRun:
    """One run with its artifacts. `origin` is the repository that jobs check out and push to."""

    path: Path
    root: Path
    origin: Path
    inputs: dict[str, Any]
    artifacts: dict[str, Path] = field(default_factory=dict)
    ends: dict[str, JobEnd] = field(default_factory=dict)
    """Name (of a matrix: name and number) → how it ended, in its latest attempt."""
    attempt: int = 0

    def __post_init__(self) -> None:
        document = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        called = document[True]["workflow_call"]  # YAML 1.1 reads the key `on` as a boolean
        unknown = set(self.inputs) - set(called["inputs"])
        assert not unknown, f"no inputs of the workflow: {unknown}"
        defaults = {name: declared.get("default", "") for name, declared in called["inputs"].items()}
        self.inputs = {**defaults, **self.inputs}
        self.jobs: dict[str, dict[str, Any]] = document["jobs"]
        self.called_outputs: dict[str, str] = {name: each["value"] for name, each in called["outputs"].items()}

    def run(self, *, hook: Hook | None = None) -> None:
        """Run all jobs in the first attempt; in a further one, those that failed and all that need them."""
        self.attempt += 1
        again: set[str] = set()
        for name, job in self.jobs.items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            repeated = self.attempt == 1 or bool(again & set(needs))
            failed = {one for one, end in self.ends.items() if one.split("/")[0] == name and end.result == "failure"}
            if repeated or failed:
                again.add(name)
                self._run_job(name, job, needs, None if repeated else failed, hook)

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the workflow."""
        contexts = {"jobs": {name: {"outputs": self._outputs(name)} for name in self.jobs}}
        return {name: as_text(render(value, contexts, {})) for name, value in self.called_outputs.items()}

    def _run_job(
        self, name: str, job: dict[str, Any], needs: list[str], only: set[str] | None, hook: Hook | None
    ) -> None:
        results = {need: self._result(need) for need in needs}
        contexts = {
            "inputs": self.inputs,
            "github": {"run_attempt": str(self.attempt), "run_id": "4711", "token": "made-up-token"},
            "needs": {need: {"result": results[need], "outputs": self._outputs(need)} for need in needs},
            "secrets": {},
        }
        succeeded = all(result == "success" for result in results.values())
        if not _wanted(job.get("if"), contexts, succeeded):
            self.ends[name] = JobEnd("skipped")
            return
        strategy = job.get("strategy", {})
        matrix = render(strategy.get("matrix"), contexts, {"fromJSON": json.loads})
        if matrix is None:
            self.ends[name] = self._run_steps(name, job, contexts, hook)
            return
        assert strategy["fail-fast"] is False
        assert 0 < len(matrix["include"]) <= 256, "a matrix has 1 to 256 jobs"
        for number, values in enumerate(matrix["include"]):
            key = f"{name}/{number}"
            if only is None or key in only:
                self.ends[key] = self._run_steps(key, job, {**contexts, "matrix": values}, hook)

    def _result(self, name: str) -> str:
        results = {end.result for key, end in self.ends.items() if key.split("/")[0] == name}
        return next(result for result in ("failure", "skipped", "success") if result in results)

    def _outputs(self, name: str) -> dict[str, str]:
        return self.ends[name].outputs if name in self.ends else {}

    def _run_steps(self, key: str, job: dict[str, Any], contexts: dict[str, Any], hook: Hook | None) -> JobEnd:
        made = Job(self.root / f"attempt-{self.attempt}" / key.replace("/", "-"))
        made.workspace.mkdir(parents=True)
        end = JobEnd("success")
        steps: dict[str, Any] = {}
        contexts = {**contexts, "steps": steps}
        for step in job["steps"]:
            if not _wanted(step.get("if"), contexts, end.result == "success"):
                continue
            made.prepare(None)
            given = {name: as_text(render(value, contexts, {})) for name, value in step.get("with", {}).items()}
            environ = {name: as_text(render(value, contexts, {})) for name, value in step.get("env", {}).items()}
            environ = {"GITHUB_RUN_ATTEMPT": str(self.attempt), **environ}
            passed, log = self._run_step(
                step, made, given, environ, None if hook is None else hook(key, made.workspace)
            )
            end.log += log
            outputs = parse_records((made.files / FILES["GITHUB_OUTPUT"]).read_text(encoding="utf-8"))
            if "id" in step:
                steps[step["id"]] = {"outputs": outputs, "outcome": "success" if passed else "failure"}
                end.step_outputs[step["id"]] = outputs
            if not passed:
                end.result = "failure"
        end.outputs = {name: as_text(render(value, contexts, {})) for name, value in job.get("outputs", {}).items()}
        return end

    def _run_step(
        self,
        step: dict[str, Any],
        job: Job,
        given: dict[str, str],
        environ: Mapping[str, str],
        hooked: BackEnd | tuple[BackEnd, Callable[[], bool]] | None,
    ) -> tuple[bool, str]:
        """Whether a step passed, and what it printed."""
        uses = step.get("uses", "").partition("@")[0]
        match uses:
            case "":
                return self._run_script(step["run"], job, environ)
            case "actions/checkout":
                return self._check_out(job.workspace, given.get("ref", "")), ""
            case "actions/upload-artifact":
                return self._upload(job.workspace / given["path"], given["name"]), ""
            case "actions/download-artifact":
                assert given["run-id"] == "4711"
                return self._download(job.workspace / given["path"], given), ""
            case "org/prodigy-action":
                back_end, when = hooked if isinstance(hooked, tuple) else (hooked or SubprocessBackEnd(), None)
                end = back_end.run(job, given, environ=environ, cancel_when=when)
                return end.exit_code == 0, end.stdout + end.stderr
        raise ValueError(f"{uses!r} is not known here")

    def _run_script(self, script: str, job: Job, environ: Mapping[str, str]) -> tuple[bool, str]:
        programs = job.root / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "gh").write_text("#!/bin/sh\nexit 0\n")
        (programs / "gh").chmod(0o755)
        variables = step_environ(job, {}, environ)
        variables["PATH"] = f"{programs}:{variables['PATH']}"
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=job.workspace, env=variables, capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def _check_out(self, workspace: Path, ref: str) -> bool:
        git(workspace, "init", "--quiet", "-b", "main")
        git(workspace, "remote", "add", "origin", self.origin.as_uri())
        git(workspace, "fetch", "--quiet", "--depth", "1", "origin", ref or "main")
        git(workspace, "checkout", "--quiet", *(("--detach",) if ref else ("-B", "main")), "FETCH_HEAD")
        return True

    def _upload(self, path: Path, name: str) -> bool:
        """Keep the files of a directory, without hidden ones and empty directories; two artifacts share no name."""
        assert not set(name) & (_NOT_IN_NAMES | set("/\\")), name
        if name in self.artifacts:
            return False
        kept = self.root / "artifacts" / name
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            if file.is_file() and not any(part.startswith(".") for part in inside.parts):
                assert not set(inside.as_posix()) & _NOT_IN_NAMES, inside
                (kept / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, kept / inside)
                self.artifacts[name] = kept
        return True

    def _download(self, path: Path, given: Mapping[str, str]) -> bool:
        if "name" in given:
            if given["name"] not in self.artifacts:
                return False
            shutil.copytree(self.artifacts[given["name"]], path, dirs_exist_ok=True)
            return True
        for name, kept in self.artifacts.items():
            if fnmatchcase(name, given["pattern"]):
                shutil.copytree(kept, path / name)
        return True


def _wanted(condition: Any, contexts: Mapping[str, Any], succeeded: bool) -> bool:
    """Whether a job or step runs: by its condition, and only after success unless that names a function of state."""
    if condition is None:
        return succeeded
    functions = {"always": lambda: True, "cancelled": lambda: False, "success": lambda: succeeded}
    text = str(condition)
    stated = any(f"{name}()" in text for name in functions)
    value = render(text if "${{" in text else f"${{{{ {text} }}}}", contexts, functions)
    return truthy(value) and (stated or succeeded)
