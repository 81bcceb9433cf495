"""Files of another user, read and written as that user: a symbolic link gives no access beyond that user's rights."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

from prodigy_action.adapters.files.named_file import read_named_file, write_named_file
from prodigy_action.adapters.processes.credentials import PATH_ALONE, Credentials, becoming

READ_LIMIT = 2**28
"""How many bytes of one file are read: 256 MiB."""
_REGULAR_OR_ABSENT = '{ [ ! -e "$1" ] || [ -f "$1" ] || { echo ": it is no regular file" >&2; exit 1; }; }'


def read_as(user: Credentials | None, path: str) -> bytes:
    """The content of a regular file, empty when `user` can read none there. A `user` of None is the user of this
    process.

    Raises `OSError` for one of more than `READ_LIMIT` bytes.
    """
    if user is None:
        return read_named_file(path, limit=READ_LIMIT) if Path(path).is_file() else b""
    content = _run(user, '[ ! -f "$1" ] || exec head -c "$2" -- "$1"', path, str(READ_LIMIT + 1)).stdout
    if len(content) > READ_LIMIT:
        raise OSError(errno.EFBIG, f"it has more than the {READ_LIMIT:,} bytes that such a file may have", path)
    return content


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
        write_named_file(target, content, mode=mode)
        return
    making = 'mkdir -p -- "${1%/*}" && ' if make_directories else ""
    changing = ' && chmod "$2" -- "$1"' if mode is not None else ""
    done = _run(user, f'{making}{_REGULAR_OR_ABSENT} && cat > "$1"{changing}', path, f"{mode or 0:o}", content=content)
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
