"""The same scenarios as a process and in a container."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.runner.back_ends import BackEnd, DockerBackEnd, SubprocessBackEnd
from tests.support.runner.job import ROOT

IMAGE = "prodigy-action:test"


@pytest.fixture(scope="session")
def docker_image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, built from this checkout; of several test processes one builds it, the others find it built."""
    try:
        asked = subprocess.run(["docker", "version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        pytest.skip("docker is not installed, or does not answer")
    if asked.returncode != 0:
        pytest.skip("no docker engine answers")
    command = ["docker", "build", "--network", "host", "--tag", IMAGE, "."]
    with (tmp_path_factory.getbasetemp().parent / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return IMAGE


@pytest.fixture(params=[SubprocessBackEnd.name, pytest.param(DockerBackEnd.name, marks=pytest.mark.docker)])
def back_end(request: pytest.FixtureRequest) -> Iterator[BackEnd]:
    """The action as a process of this machine, and in a container."""
    if request.param == SubprocessBackEnd.name:
        yield SubprocessBackEnd()
    else:
        yield DockerBackEnd(request.getfixturevalue("docker_image"))
