"""Checkouts as jobs have them: another user's, at any depth, on no branch, with parts that are elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.fake_job import RUNNER
from tests.support.git import clean_environ, git, make_repository

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")

TRUSTING = ("-c", "safe.directory=*", "-c", "protocol.file.allow=always")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12345\n"
WORKFLOW = """
name: edits
mode: mapreduce
map:
  input: items.json
  json_path: $[*]
  max_parallel: 2
  agent_template:
    - shell: git config --get-regexp extraheader && exit 1; true
    - shell: echo "${item}" >> "${item}.txt" && git add -A && git commit -qm "edit ${item}"
reduce:
  - shell: cat a.txt b.txt > all.txt && git add -A && git commit -qm all
"""
FILES = {"a.txt": "a\n", "b.txt": "b\n", "items.json": '["a", "b"]', "workflow.yml": WORKFLOW}
Preparation = Callable[[Path], Path]


def on_a_branch(directory: Path) -> Path:
    return make_repository(directory / "r", FILES)


def on_no_branch(directory: Path) -> Path:
    repository = make_repository(directory / "r", FILES)
    git(repository, "checkout", "-q", "--detach")
    return repository


def one_commit_deep(directory: Path) -> Path:
    origin = make_repository(directory / "origin", {"a.txt": "older\n"})
    make_repository(origin, FILES)
    git(directory, "clone", "-q", "--depth", "1", f"file://{origin}", "r")
    git(directory / "r", "checkout", "-q", "--detach")
    return directory / "r"


def with_a_submodule(directory: Path) -> Path:
    library = make_repository(directory / "library", {"lib.txt": "library\n"})
    repository = make_repository(directory / "r", FILES)
    git(repository, *TRUSTING, "submodule", "--quiet", "add", f"file://{library}", "library")
    git(repository, "commit", "-qm", "add the library")
    return repository


def with_a_submodule_that_is_not_there(directory: Path) -> Path:
    repository = with_a_submodule(directory)
    git(repository, "submodule", "--quiet", "deinit", "--force", "library")
    return repository


def with_pointers(directory: Path) -> Path:
    attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    repository = make_repository(directory / "r", {**FILES, ".gitattributes": attributes, "large.bin": POINTER})
    for key, value in (("clean", "git-lfs clean -- %f"), ("smudge", "git-lfs smudge -- %f"), ("required", "true")):
        git(repository, "config", f"filter.lfs.{key}", value)
    return repository


def with_persisted_credentials(directory: Path) -> Path:
    repository = make_repository(directory / "r", FILES)
    git(repository, "config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic c2VjcmV0")
    return repository


def a_linked_worktree(directory: Path) -> Path:
    repository = make_repository(directory / "main", FILES)
    git(repository, "worktree", "add", "-q", str(directory / "r"), "-b", "linked")
    return directory / "r"


@pytest.fixture
def directory() -> Iterator[Path]:
    """Where every user can pass."""
    path = Path(tempfile.mkdtemp(prefix="prodigy-checkouts-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def of_the_runner(directory: Path) -> dict[Path, str]:
    """Give everything to the runner's user; the configuration of every repository."""
    for path in (directory, *directory.rglob("*")):
        os.chown(path, *RUNNER, follow_symlinks=False)
    return {path: path.read_text() for path in directory.rglob("config") if path.is_file()}


def run_there(repository: Path, run_as: str) -> Ended:
    (repository.parent / "home").mkdir()
    home = {"HOME": str(repository.parent / "home"), "GIT_CONFIG_NOSYSTEM": "1"}
    return prodigy(repository, "run", "workflow.yml", "--run-as", run_as, **home)


@pytest.mark.parametrize("run_as", ("root", "owner"))
@pytest.mark.parametrize(
    "prepare",
    (
        on_a_branch,
        on_no_branch,
        one_commit_deep,
        with_a_submodule,
        with_a_submodule_that_is_not_there,
        with_pointers,
        with_persisted_credentials,
        a_linked_worktree,
    ),
)
def test_a_run_lands_and_leaves_the_checkout_to_its_owner(directory: Path, prepare: Preparation, run_as: str) -> None:
    repository = prepare(directory)
    configurations = of_the_runner(directory)
    ended = run_there(repository, run_as)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["succeeded", "succeeded"]
    foreign = [path for path in directory.rglob("*") if (path.lstat().st_uid, path.lstat().st_gid) != RUNNER]
    assert [path for path in foreign if path.name != "home"] == []
    assert {path: path.read_text() for path in configurations} == configurations
    assert (repository / "all.txt").read_text() == "a\na\nb\nb\n"
    as_owner(repository, "fsck", "--no-dangling", "--no-progress")
    assert as_owner(repository, "status", "--porcelain") == ""
    assert as_owner(repository, "worktree", "prune", "--dry-run", "--verbose") == ""
    as_owner(repository, "commit", "--quiet", "--allow-empty", "-m", "what a later step does")


def as_owner(repository: Path, *arguments: str) -> str:
    identity = {
        "GIT_AUTHOR_NAME": "r",
        "GIT_AUTHOR_EMAIL": "r@x",
        "GIT_COMMITTER_NAME": "r",
        "GIT_COMMITTER_EMAIL": "r@x",
    }
    done = subprocess.run(
        # What git-lfs does to a pointer: git asks for it when a file is as young as the index.
        ["git", "-C", str(repository), "-c", "filter.lfs.clean=cat", *arguments],
        capture_output=True,
        text=True,
        check=True,
        user=RUNNER[0],
        group=RUNNER[1],
        extra_groups=[],
        env=clean_environ(HOME=str(repository.parent), **identity),
    )
    return done.stdout + done.stderr
