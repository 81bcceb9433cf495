"""Which image a run is in, and the command for the same image."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from prodigy_action.adapters.processes.container import IMAGE_VARIABLE, container_image
from prodigy_action.app.reproduction.docker_line import docker_line

IMAGE = f"ghcr.io/org/prodigy-action@sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("files", "variable", "image"),
    (
        ({}, "", None),
        ({}, IMAGE, IMAGE),
        ({".dockerenv": ""}, "", ""),
        ({".dockerenv": ""}, f"docker://{IMAGE}", IMAGE),
        ({"run/.containerenv": ""}, "", ""),
        ({"run/.containerenv": f'engine="podman-5"\nimage="{IMAGE}"\n'}, "", IMAGE),
        ({"run/.containerenv": 'image="other"\n'}, IMAGE, IMAGE),
    ),
)
def test_the_image_is_what_is_said_of_it(
    tmp_path: Path, files: dict[str, str], variable: str, image: str | None
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert container_image({IMAGE_VARIABLE: variable}, tmp_path) == image


def test_the_command_for_the_image_is_one_line_of_a_shell() -> None:
    line = docker_line(IMAGE, ["--shell", "my results", "7"], ["TOKEN", "TOKEN", "KEY"], terminal=True)
    words = shlex.split(line)
    assert words[:5] == ["docker", "run", "--rm", "--interactive", "--tty"]
    assert words[5:9] == ["--env", "TOKEN", "--env", "KEY"]
    assert words[9:] == ["--volume", "$PWD:/github/workspace", IMAGE, "reproduce", "--shell", "my results", "7"]
    assert '"$PWD:/github/workspace"' in line
