"""Files that only their owner and root may read while commands of other users run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_IN_HOME = (".config", ".docker", ".git-credentials", ".gitconfig", ".netrc", ".npmrc", ".ssh")
_IN_GIT_DIR = ("config", "config.worktree")


def confidential_paths(environ: Mapping[str, str], git_dirs: Sequence[str]) -> tuple[Path, ...]:
    """The paths with credentials of a job: the checkout's configuration, the runner's temporary files, its home."""
    home, temporary = environ.get("HOME"), environ.get("RUNNER_TEMP")
    return (
        *(Path(git_dir, name) for git_dir in dict.fromkeys(git_dirs) for name in _IN_GIT_DIR),
        *((Path(temporary),) if temporary else ()),
        *((Path(home), *(Path(home, name) for name in _IN_HOME)) if home else ()),
    )


@contextmanager
def closed_to_others(paths: Sequence[Path], *, passable: Sequence[Path]) -> Iterator[None]:
    """Remove the access of other users from `paths`, and restore it at the end.

    Symbolic links, missing paths, directories that anybody may write to, and directories above `passable` paths are not
    changed.
    """
    ways = {way for path in passable for way in (path.resolve(), *path.resolve().parents)}
    closed: list[tuple[int, int]] = []
    try:
        for path in paths:
            if path.resolve() not in ways:
                with suppress(OSError):
                    closed += _close(path)
        yield
    finally:
        for descriptor, mode in closed:
            with suppress(OSError):
                os.fchmod(descriptor, mode)
            os.close(descriptor)


def open_to_others(directory: Path) -> None:
    """Let everybody see a directory that a killed run has left closed. Raises `OSError`."""
    if not directory.stat().st_mode & stat.S_IRWXO:
        directory.chmod(0o755)


def _close(path: Path) -> list[tuple[int, int]]:
    # The descriptor leads to the same file at the end, even when another file has its name by then.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    if not mode & stat.S_IRWXO or mode & stat.S_ISVTX:
        os.close(descriptor)
        return []
    os.fchmod(descriptor, mode & ~stat.S_IRWXO)
    return [(descriptor, mode)]
