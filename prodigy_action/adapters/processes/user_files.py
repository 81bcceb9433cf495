"""Files of another user, read and written as that user: a symbolic link gives no access beyond that user's rights.

A process of that user opens the file, so that the kernel decides, however the file is reached: there is no time between
a check and its use. Opening never blocks, and a caller that is cancelled ends the process.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.files.named_file import read_named_blocks, read_named_file, write_named_file
from prodigy_action.adapters.processes.credentials import PATH_ALONE, Credentials, becoming
from prodigy_action.adapters.processes.standard_input import feed

READ_LIMIT = 2**28
"""How many bytes of one file are read: 256 MiB."""
READABLE_FOR_THE_OWNER = "run-as: owner reads it with the rights of that user: make it readable for that user"
_PATIENCE_SECONDS = 0.25
_IRREGULAR = 3
_CHECK = f'[ ! -e "$1" ] || [ -f "$1" ] || exit {_IRREGULAR}; '
_READ = _CHECK + 'exec dd if="$1" bs=1048576 iflag=nonblock,count_bytes,fullblock count="$2" status=none'
_WRITE = _CHECK + 'dd of="$1" bs=1048576 oflag=nonblock status=none'
_ERRORS = {os.strerror(number): number for number in errno.errorcode}


def reading_as(user: Credentials | None) -> str:
    """The part of a message that says with whose rights a file is read."""
    return "" if user is None else f" as user {user.user}"


def read_file_as(user: Credentials | None, path: Path | str, *, limit: int = READ_LIMIT) -> bytes:
    """The content of a regular file of at most `limit` bytes. A `user` of None is the user of this process.

    Raises `OSError` when `user` cannot read it, when it is no regular file, or when it is larger.
    """
    if user is None:
        return read_named_file(path, limit=limit, checkpoint=end_if_cancelled)
    done = _run(user, _READ, os.fspath(path), str(limit + 1))
    _raise_for(done, path)
    if len(done.stdout) > limit:
        raise OSError(errno.EFBIG, f"it has more than the {limit:,} bytes that such a file may have", str(path))
    return done.stdout


def read_blocks_as(user: Credentials | None, path: Path | str, *, limit: int = READ_LIMIT) -> Iterator[bytes]:
    """As `read_file_as`, in blocks; the content is held as a whole where another user's process reads it."""
    if user is None:
        return read_named_blocks(path, limit=limit, checkpoint=end_if_cancelled)
    return iter((read_file_as(user, path, limit=limit),))


def read_as(user: Credentials | None, path: str) -> bytes:
    """As `read_file_as`, but empty when `user` can read no regular file there.

    Raises `OSError` for one of more than `READ_LIMIT` bytes.
    """
    if user is None and not Path(path).is_file():
        return b""
    try:
        return read_file_as(user, path)
    except OSError as error:
        if user is None or error.errno == errno.EFBIG:
            raise
        return b""


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
    done = _run(user, f"{making}{{ {_WRITE}; }}{changing}", path, f"{mode or 0:o}", content=content)
    _raise_for(done, path)


def _raise_for(done: subprocess.CompletedProcess[bytes], path: Path | str) -> None:
    if done.returncode == _IRREGULAR:
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().rpartition(": ")[2] or "it cannot be used"
        raise OSError(_ERRORS.get(said, errno.EIO), said, str(path))


def _run(user: Credentials, script: str, *arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*becoming(user), "/bin/sh", "-c", script, "sh", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd="/", env=PATH_ALONE, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0
    ) as process:
        if content and process.stdin is not None:
            stream, process.stdin = process.stdin, None
            feed(stream, content)
        try:
            while True:
                try:
                    stdout, stderr = process.communicate(timeout=_PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    end_if_cancelled()
                else:
                    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
        except BaseException:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
