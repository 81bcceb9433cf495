"""Locks of the operating system on directories: they end with their process, so that a crash leaves no lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.pure.text.reasons import reason_of


@contextmanager
def locked_directory(path: Path, *, source: str, shared: bool = False) -> Iterator[None]:
    """Lock a directory against other runs; with `shared`, only against runs that write to it.

    `source` is the input that names it. Raises `InvalidInput` when another run holds the lock.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        reason = reason_of(error)
        raise InvalidInput([Diagnostic(f"{str(path)!r} cannot be opened: {reason}", source=source)]) from error
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait for its end, or name another results-dir"
            message = f"the results directory {str(path)!r} is in use by another run"
            raise InvalidInput([Diagnostic(message, source=source, hint=hint, code="results-in-use")]) from error
        yield
    finally:
        os.close(descriptor)
