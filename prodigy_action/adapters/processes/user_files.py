"""Files of another user, read and written as that user: a symbolic link gives no access beyond that user's rights."""

from __future__ import annotations

import subprocess
from pathlib import Path

from prodigy_action.adapters.processes.credentials import PATH_ALONE, Credentials, becoming


def read_as(user: Credentials | None, path: str) -> bytes:
    """The content of a regular file, empty when `user` can read none there. A `user` of None is the user of this
    process.
    """
    if user is None:
        return Path(path).read_bytes() if Path(path).is_file() else b""
    return _run(user, '[ ! -f "$1" ] || exec cat "$1"', path).stdout


def can_read(user: Credentials | None, path: str) -> bool:
    """Whether `user` may read a file."""
    return user is None or _run(user, '[ -r "$1" ]', path).returncode == 0


def write_as(
    user: Credentials | None, path: str, content: bytes, *, mode: int | None = None, make_directories: bool = False
) -> None:
    """Replace the content of a file, and its mode if given. Raises `OSError` when `user` may not."""
    if user is None:
        target = Path(path)
        if make_directories:
            target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if mode is not None:
            target.chmod(mode)
        return
    making = 'mkdir -p -- "${1%/*}" && ' if make_directories else ""
    changing = ' && chmod "$2" -- "$1"' if mode is not None else ""
    done = _run(user, f'{making}cat > "$1"{changing}', path, f"{mode or 0:o}", content=content)
    if done.returncode != 0:
        raise OSError(done.stderr.decode(errors="replace").strip().rpartition(": ")[2] or "it cannot be written")


def _run(user: Credentials, script: str, *arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*becoming(user), "/bin/sh", "-c", script, "sh", *arguments]
    return subprocess.run(
        command,
        cwd="/",
        env=PATH_ALONE,
        input=content,
        capture_output=True,
        check=False,
        process_group=0,
    )
