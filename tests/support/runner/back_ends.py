"""Where the action runs in the tests: as a process of this machine, and in a container as the runner starts one."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from tests.support.runner.job import Job, StepEnd, step_environ
from tests.support.starting import Running, begin

LONGEST_STEP = 300.0
"""Seconds after which a step counts as hanging."""


class BackEnd(ABC):
    """Runs the action as a step of a job."""

    name: ClassVar[str]

    def run(
        self,
        job: Job,
        inputs: Mapping[str, str],
        *,
        environ: Mapping[str, str] | None = None,
        cancel_when: Callable[[], bool] | None = None,
    ) -> StepEnd:
        """Run it to its end; with `cancel_when`, as a job that is cancelled when that comes true.

        `seconds` of a cancelled step count from the signal.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = self.start(job, inputs, environ or {}, out, err)
            began = time.monotonic()
            if cancel_when is not None:
                _await(lambda: cancel_when() or process.poll() is not None)
                self.cancel(process)
                began = time.monotonic()
            try:
                code = process.wait(LONGEST_STEP)
            finally:
                process.kill()
            seconds = time.monotonic() - began
            return StepEnd(job, code, _text(out), _text(err), seconds)

    @abstractmethod
    def cancel(self, process: Running) -> None:
        """What the runner's first signal comes to."""

    @abstractmethod
    def start(
        self, job: Job, inputs: Mapping[str, str], environ: Mapping[str, str], out: IO[bytes], err: IO[bytes]
    ) -> Running:
        """Start the step with nothing on its standard input."""


class SubprocessBackEnd(BackEnd):
    """The package of this checkout, in this interpreter; paths are those of the host."""

    name = "subprocess"

    def start(
        self, job: Job, inputs: Mapping[str, str], environ: Mapping[str, str], out: IO[bytes], err: IO[bytes]
    ) -> Running:
        return begin((), job.workspace, step_environ(job, inputs, environ), out=out, err=err, own_session=True)

    def cancel(self, process: Running) -> None:
        os.killpg(process.pid, signal.SIGINT)  # the whole group, as the init process of the image does


@dataclass(frozen=True)
class DockerBackEnd(BackEnd):
    """A container of the image, started as `DockerCommandManager.cs` of github.com/actions/runner does it."""

    image: str
    name: ClassVar[str] = "docker"

    def start(
        self, job: Job, inputs: Mapping[str, str], environ: Mapping[str, str], out: IO[bytes], err: IO[bytes]
    ) -> Running:
        mounts = _mounts(job)
        values = {
            name: translated(value, mounts)
            for name, value in job.environ(inputs, environ).items()
            if name not in ("CI", "GITHUB_ACTIONS")
        }
        command = ["docker", "run", "--name", f"prodigy-{uuid.uuid4().hex[:12]}", "--label", "made-up-runner"]
        command += ["--workdir", "/github/workspace", "--rm"]
        for name in values:
            command += ["-e", name]
        command += ["-e", "GITHUB_ACTIONS=true", "-e", "CI=true"]
        for host, inside in mounts.items():
            command += ["-v", f"{host}:{inside}"]
        host_values = {name: os.environ[name] for name in ("PATH", "DOCKER_HOST") if name in os.environ}
        return subprocess.Popen(
            [*command, self.image],
            env={**values, **host_values},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )

    def cancel(self, process: Running) -> None:
        process.send_signal(signal.SIGINT)  # the client hands it on


def _mounts(job: Job) -> dict[str, str]:
    """Directory of the host → directory in the container, the most special ones first."""
    return {
        "/var/run/docker.sock": "/var/run/docker.sock",
        str(job.temp / "_github_home"): "/github/home",
        str(job.temp / "_github_workflow"): "/github/workflow",
        str(job.files): "/github/file_commands",
        str(job.temp): "/github/runner_temp",
        str(job.workspace): "/github/workspace",
    }


def translated(value: str, mounts: Mapping[str, str]) -> str:
    """A value that is, or begins with, a mounted directory of the host, as the container sees it."""
    for host, inside in mounts.items():
        if value == host or value.startswith(f"{host}/"):
            return inside + value[len(host) :]
    return value


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_STEP
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not come"
        time.sleep(0.02)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape")


def make_job(root: Path, owner: tuple[int, int] | None, checkout: Callable[[Path], object]) -> Job:
    """A job whose workspace `checkout` made."""
    job = Job(root)
    job.workspace.parent.mkdir(parents=True)
    checkout(job.workspace)
    job.prepare(owner)
    return job
