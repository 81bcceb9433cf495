"""Repositories whose workflow `main.yml` is made of several files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.blackbox import Ended, prodigy
from tests.support.git import make_repository


def compose(directory: Path, files: Mapping[str, str], *command: str, **environ: str) -> Ended:
    """A repository with these files, and a command on its `main.yml`."""
    repository = make_repository(directory / "r", files)
    name, *options = command or ("run",)
    return prodigy(repository, name, "main.yml", *options, **environ)


def seen(ended: Ended) -> str:
    """What the steps wrote to the file `log`."""
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    return ended.tree()["log"]


def problems(ended: Ended) -> list[tuple[str, int, int, str]]:
    """File, line, column and code of each problem that `validate --format json` reports."""
    found: list[dict[str, Any]] = json.loads(ended.stdout)["problems"]
    return [(each["file"], each["line"], each["column"], each["code"]) for each in found]


def step(text: str) -> str:
    """A step that writes the text to `log` and commits it."""
    return f"- shell: echo {text} >> log; git add log; git commit -qm more\n"
