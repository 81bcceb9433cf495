"""Real repositories in temporary directories, away from the configuration of whoever runs the tests."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PEOPLE = {
    "GIT_AUTHOR_NAME": "Author",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_COMMITTER_NAME": "Committer",
    "GIT_COMMITTER_EMAIL": "committer@example.org",
}
ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "HOME": "/nonexistent"}
DEFAULT_FILES = {f"file{number}.txt": f"line {number}\n" * 5 for number in range(12)}
_WITHOUT_MAINTENANCE = ("-c", "maintenance.auto=false")  # it starts a git process for each commit
_HIDDEN = ("NO_COLOR", "FORCE_COLOR", "GITHUB_", "INPUT_", "RUNNER_", "GIT_", "PYTHONDONTWRITEBYTECODE")


def clean_environ(**further: str) -> dict[str, str]:
    """The environment of this process without what a CI runner or a hook of git set in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
    return {**kept, **further}


def git_environ(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of git: two people, and no configuration but the repository's own."""
    return {**clean_environ(), **ALONE, **PEOPLE, **(added or {})}


def git(directory: Path | str, *arguments: str, check: bool = True, env: Mapping[str, str] | None = None) -> str:
    """What git prints, without the last line end; bytes that are no UTF-8 become lone surrogates.

    Raises `AssertionError` with git's own message when git fails, unless `check` is false.
    """
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env=git_environ(env),
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {arguments} exited with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def tree_of(directory: Path | str, commit: str = "HEAD") -> dict[str, str]:
    """The files of a commit, each without its last line end: path → content, as `git` gives text."""
    listed = [entry.split("\t", 1) for entry in git(directory, "ls-tree", "-r", "-z", commit).split("\0") if entry]
    command = ["git", "cat-file", "--batch"]
    names = "".join(f"{about.split()[2]}\n" for about, _ in listed).encode()
    rest = subprocess.run(
        command, input=names, cwd=directory, env=git_environ(), stdout=subprocess.PIPE, check=True
    ).stdout
    found: dict[str, str] = {}
    for _, path in listed:
        head, _, rest = rest.partition(b"\n")
        size = int(head.split()[2])  # the last of three words; a submodule's commit is "missing"
        found[path] = rest[:size].decode("utf-8", "surrogateescape").removesuffix("\n")
        rest = rest[size + 1 :]
    return found


def shell(directory: Path | str, script: str) -> str:
    """What a script of `sh` prints; it must succeed."""
    done = subprocess.run(
        ["sh", "-ec", script], cwd=directory, env=git_environ(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(root: Path, path: str | bytes, content: str | bytes) -> None:
    """Write a file, and make the directories above it."""
    target = root / os.fsdecode(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit_all(directory: Path | str, message: str = "change") -> str:
    """Commit everything in a worktree, even if nothing changed. Gives the commit."""
    git(directory, "add", "--all")
    git(directory, *_WITHOUT_MAINTENANCE, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(directory, "rev-parse", "HEAD")


def make_repository(path: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """A repository with one commit, "start", that holds `files`; without them, twelve files of five lines. One that is
    there gets the commit too.
    """
    if not (path / ".git").exists():
        shutil.copytree(_empty_git_directory(), path / ".git")
    for name, content in (DEFAULT_FILES if files is None else files).items():
        write(path, name, content)
    git(path, "add", "--all")
    git(path, *_WITHOUT_MAINTENANCE, "commit", "--quiet", "--allow-empty", "-m", "start")
    return path


@cache
def _empty_git_directory() -> Path:
    """What `git init` makes, without the examples of hooks: made once, and copied."""
    place = tempfile.TemporaryDirectory(prefix="prodigy-empty-")
    atexit.register(place.cleanup)
    git(place.name, "init", "--quiet", "--template=", "-b", "main")
    made = Path(place.name) / ".git"
    (made / "hooks").mkdir()
    (made / "info").mkdir()
    (made / "info/exclude").touch()
    return made
