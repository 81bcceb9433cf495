"""Repositories to measure on, made through `git fast-import`, and clones of them."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PEOPLE = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in {"NAME": "bench", "EMAIL": "bench@example.org", "DATE": "1700000000 +0000"}.items()
}


@dataclass(frozen=True, slots=True)
class Shape:
    """How many files, and how many bytes in each."""

    name: str
    files: int
    bytes_each: int


SMALL = Shape("small", 100, 1_000)
TWO_THOUSAND = Shape("2k", 2_000, 1_000)
MEDIUM = Shape("medium", 5_000, 10_000)
TEN_THOUSAND = Shape("10k", 10_000, 400)
LARGE = Shape("large", 50_000, 400)


def clean_environ(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of commands: this process's without what a runner or a git set, with somebody to commit as."""
    hidden = ("GITHUB_", "INPUT_", "RUNNER_", "GIT_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    alone = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **alone, **PEOPLE, **(added or {})}


def git(directory: Path, *arguments: str, stdin: bytes = b"") -> str:
    """What git prints. Raises `CalledProcessError`."""
    command = ["git", "-C", str(directory), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, env=clean_environ())
    return done.stdout.decode().strip()


def make_repository(path: Path, shape: Shape) -> Path:
    """A checkout of that shape with one commit; hundred files to a directory."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    source = random.Random(shape.files)
    words = [bytes(source.choices(b"abcdefghij  \n", k=9)) + b"\n" for _ in range(2_000)]
    stream = [b"commit refs/heads/main\ncommitter bench <bench@example.org> 1700000000 +0000\ndata 5\nstart\n"]
    for number in range(shape.files):
        content = b"%d\n" % number + b"".join(source.choices(words, k=max(1, shape.bytes_each // 10)))
        place = b"area%d/part%d/file%d.txt" % (number % 37, number // 100, number)
        stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (place, len(content), content))
    git(path, "fast-import", "--quiet", stdin=b"".join(stream))
    git(path, "reset", "-q", "--hard", "main")
    return path


def clone(origin: Path, path: Path, *options: str) -> Path:
    """Another checkout that borrows the objects of `origin`."""
    git(origin, "clone", "-q", "--shared", *options, str(origin), str(path))
    return path


def fresh(origin: Path, path: Path) -> Path:
    """A clone in a directory that holds nothing else; one that was there is removed."""
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    return clone(origin, path)
