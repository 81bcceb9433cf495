"""Files of another user, read and written as that user: what a link there leads to is only what that user may see."""

from __future__ import annotations

import subprocess
from pathlib import Path

from prodigy_action.adapters.credentials import Credentials, popen_identity


def read_as(user: Credentials | None, path: str) -> bytes:
    """The content of a regular file, empty when there is none that `user` can read; None is this process's user."""
    if user is None:
        return Path(path).read_bytes() if Path(path).is_file() else b""
    return _run(user, '[ ! -f "$1" ] || exec cat "$1"', path).stdout


def write_as(user: Credentials | None, path: str, content: bytes) -> None:
    """Replace the content of a file. Raises `OSError` when `user` cannot."""
    if user is None:
        Path(path).write_bytes(content)
        return
    done = _run(user, 'exec cat > "$1"', path, content)
    if done.returncode != 0:
        raise OSError(f"{path!r} cannot be written: {done.stderr.decode(errors='replace').strip()}")


def _run(user: Credentials, script: str, path: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["/bin/sh", "-c", script, "sh", path]
    return subprocess.run(
        command,
        cwd="/",
        env={},
        input=content,
        capture_output=True,
        check=False,
        process_group=0,
        **popen_identity(user),
    )
