"""The only module that calls git: blocking, through GitPython, with a clean environment; call it in a worker thread."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from functools import cache, partial
from subprocess import PIPE, TimeoutExpired
from typing import Any, TypeVar

import anyio.to_thread

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.package_parts import import_part
from prodigy_action.adapters.processes.credentials import Credentials, becoming
from prodigy_action.adapters.processes.standard_input import feed
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed
from prodigy_action.pure.text.cutting import cut_start

_QUIET_IMPORT = {"GIT_PYTHON_REFRESH": "quiet", "GIT_PYTHON_GIT_EXECUTABLE": "/nonexistent/git"}


@contextmanager
def _quiet_import() -> Iterator[None]:
    """GitPython would run git while it is imported, and fail when git does not work; our own check comes later."""
    before = {name: os.environ.get(name) for name in _QUIET_IMPORT}
    os.environ.update(_QUIET_IMPORT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


import_part("git.cmd", "git", "gitdb")
with _quiet_import():
    from git.cmd import Git
    from git.exc import GitCommandNotFound
    from git.exc import GitError as GitError  # other modules take it from here

T = TypeVar("T")

_TAIL = 4_000
PATIENCE_SECONDS = 0.25
"""How often a call that lasts looks whether its caller has been cancelled."""
_SETTINGS = {
    "safe.directory": "*",
    # Our calls run no program that a repository's configuration names.
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


_POINTERS_AS_THEY_ARE = {
    "filter.lfs.smudge": "",
    "filter.lfs.clean": "",
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
}
"""For a checkout whose configuration names git-lfs when git-lfs is not installed."""


@cache
def _lfs_is_there() -> bool:
    return shutil.which("git-lfs") is not None


def _environment(own_settings_only: bool, keeps_pointers: bool) -> dict[str, str]:
    settings = (
        _SETTINGS
        if own_settings_only or not keeps_pointers or _lfs_is_there()
        else {**_SETTINGS, **_POINTERS_AS_THEY_ARE}
    )
    environment = {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for position, (key, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{position}": key, f"GIT_CONFIG_VALUE_{position}": value}
    if own_settings_only:
        environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    return environment


def _without_callers_variables() -> tuple[str, ...]:
    # GitPython starts from os.environ and can only add variables: env(1) removes those that a calling git has set.
    names = sorted(name for name in os.environ if name.startswith("GIT_"))
    return ("env", *(word for name in names for word in ("-u", name))) if names else ()


class SparedGit(Git):
    """GitPython's caller; a signal to this process's group does not reach the git processes.

    A terminal and the init process of a container signal the whole group, and a cancelled run still needs git.
    """

    GIT_PYTHON_GIT_EXECUTABLE = "git"

    def execute(self, command: str | Sequence[Any], *arguments: Any, **options: Any) -> Any:
        return super().execute(command, *arguments, **options, process_group=0)


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished call."""

    status: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCalls:
    """Calls on one repository: `cwd` is where git runs, `git_dir` and `work_tree` are passed to git when set.

    `own_settings_only` hides the user's and the system's configuration. With a `user`, git runs as that user, without
    the environment of this process. Every method blocks.
    """

    cwd: str
    git_dir: str | None = None
    work_tree: str | None = None
    own_settings_only: bool = True
    environ: Mapping[str, str] = field(default_factory=dict)
    user: Credentials | None = None
    keeps_pointers: bool = True
    """Whether files of git-lfs count as what they hold, where git-lfs is not installed."""
    endable: bool = True
    """Whether git is killed when the caller is cancelled; false where it writes to the user's repository."""

    def run(self, *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> bytes:
        """Standard output of `git ARGUMENTS`. Raises `GitFailed` unless the exit status is 0."""
        completed = self.attempt(*arguments, stdin=stdin, environ=environ)
        if completed.status != 0:
            raise failure(arguments, completed)
        return completed.stdout

    def text(self, *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> str:
        """As `run`, decoded and without the final line end."""
        return decode(self.run(*arguments, stdin=stdin, environ=environ)).removesuffix("\n")

    def attempt(self, *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Completed:
        """As `run`, but every exit status is a result. Raises `GitFailed` when git cannot be started."""
        try:
            process = self.start(*arguments, environ=environ)
            stdout, stderr = _communicate(process, stdin, endable=self.endable)
        except (OSError, GitCommandNotFound) as error:
            reason = error.__cause__ if isinstance(error, GitCommandNotFound) else error
            raise GitFailed(f"git could not be started: {reason}", command=("git", *arguments)) from error
        return Completed(process.returncode, stdout, cut_start(decode(stderr), _TAIL))

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None, launcher: Sequence[str] = ()) -> Any:
        """The process of `git ARGUMENTS`, run through the program and options of `launcher`; all streams are pipes.

        Raises `OSError` when it cannot be started.
        """
        unset = _without_callers_variables()
        added = {**_environment(self.own_settings_only, self.keeps_pointers), **self.environ, **(environ or {})}
        # env(1) runs before git does, so variables that are set for git pass through it.
        prefix = (*unset, *(f"{name}={value}" for name, value in added.items())) if unset else ()
        if self.user is not None:
            prefix = _prefix_of(self.user, added)
        command = [*prefix, *launcher, "git", *self._place(), *arguments]
        return SparedGit(self.cwd).execute(command, istream=PIPE, as_process=True, env=added)

    def reading_environment(self) -> dict[str, str]:
        """The environment for a long-lived process that reads this repository."""
        place = {} if self.git_dir is None else {"GIT_DIR": self.git_dir}
        return {**_environment(self.own_settings_only, self.keeps_pointers), **self.environ, **place}

    def _place(self) -> tuple[str, ...]:
        place = () if self.git_dir is None else (f"--git-dir={self.git_dir}",)
        return place if self.work_tree is None else (*place, f"--work-tree={self.work_tree}")


def _prefix_of(user: Credentials, environ: Mapping[str, str]) -> tuple[str, ...]:
    # env(1) comes first, so that no process of that user ever has our environment.
    kept = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", **environ}
    return ("env", "-i", *(f"{name}={value}" for name, value in kept.items()), *becoming(user))


def failure(arguments: Sequence[str], completed: Completed) -> GitFailed:
    """The error of a failed call."""
    words = ("git", *arguments)
    said = lines_said(completed.stderr.strip())
    reason = said[-1] if said else "it said nothing"
    message = f"git {arguments[0] if arguments else ''} exited with {completed.status}: {reason}"
    return GitFailed(message, command=words, stderr=completed.stderr)


def lines_said(text: str) -> list[str]:
    """The lines of what git says. Only a line feed ends one: names may hold what `str.splitlines` splits at."""
    return text.removesuffix("\n").split("\n") if text else []


def decode(path: bytes) -> str:
    """A path or message as text, whatever its bytes; `encode` returns the bytes."""
    return path.decode("utf-8", "surrogateescape")


def encode(path: str) -> bytes:
    """The bytes of a text that `decode` made."""
    return path.encode("utf-8", "surrogateescape")


def inside(root: bytes, path: bytes) -> bytes:
    """The absolute path of a path that git printed; the empty path is the root."""
    return root + b"/" + path if path else root


def _communicate(process: Any, stdin: bytes, *, endable: bool) -> tuple[bytes, bytes]:
    """What the process prints; it is killed, with all that it started, when the caller has been cancelled."""
    if stdin:
        stream, process.proc.stdin = process.proc.stdin, None
        feed(stream, stdin)
    while True:
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
        except TimeoutExpired:
            if endable:
                _end_if_cancelled(process)
        else:
            return stdout, stderr


def _end_if_cancelled(process: Any) -> None:
    try:
        end_if_cancelled()
    except BaseException:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(GitError):  # GitPython's error about a killed process
            process.wait()
        raise


async def in_thread(function: Callable[..., T], *arguments: object, limiter: anyio.CapacityLimiter | None = None) -> T:
    """Run blocking git work in a worker thread. When the caller is cancelled, git is killed soon (see
    `GitCalls.endable`), and other work is done to its end.
    """
    return await anyio.to_thread.run_sync(partial(function, *arguments), limiter=limiter)
