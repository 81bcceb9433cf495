"""Files that only their owner and root should see while commands of other users run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_IN_HOME = (".config", ".docker", ".git-credentials", ".gitconfig", ".netrc", ".npmrc", ".ssh")
_IN_GIT_DIR = ("config", "config.worktree")


def confidential_paths(environ: Mapping[str, str], git_dirs: Sequence[str]) -> tuple[Path, ...]:
    """Where credentials of a job are: the checkout's configuration, the runner's temporary files, its home."""
    home, temporary = environ.get("HOME"), environ.get("RUNNER_TEMP")
    return (
        *(Path(git_dir, name) for git_dir in dict.fromkeys(git_dirs) for name in _IN_GIT_DIR),
        *((Path(temporary),) if temporary else ()),
        *((Path(home), *(Path(home, name) for name in _IN_HOME)) if home else ()),
    )


@contextmanager
def closed_to_others(paths: Sequence[Path], *, passable: Sequence[Path]) -> Iterator[None]:
    """Take the rights of everybody but owner and group from `paths`, and give them back at the end.

    Left alone are links, what is not there, directories that anybody may write to, and those on the way to
    `passable` paths.
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
    # The descriptor finds the file again at the end, whatever has its name by then.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    if not mode & stat.S_IRWXO or mode & stat.S_ISVTX:
        os.close(descriptor)
        return []
    os.fchmod(descriptor, mode & ~stat.S_IRWXO)
    return [(descriptor, mode)]
