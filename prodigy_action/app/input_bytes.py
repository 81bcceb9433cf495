"""The bytes of the files that a user names, or the problem with them."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.files.named_file import read_named_file, read_start
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.user_files import READABLE_FOR_THE_OWNER, read_file_as, reading_as
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.source_text import SIZE_LIMIT
from prodigy_action.pure.text.reasons import reason_of

_RESULTS_BYTES = 2**30


def read_file(path: Path, shown: str, user: Credentials | None = None) -> bytes:
    """The bytes of an input file. At most one byte more than a workflow may have is read: a longer file is refused
    later. With a `user`, it is read as that user, and a file with more than that is refused here.

    Raises `InvalidInput` when it cannot be read.
    """
    try:
        if user is not None:
            return read_file_as(user, path, limit=SIZE_LIMIT + 1)
        return read_start(path, limit=SIZE_LIMIT + 1)
    except OSError as error:
        raise _unreadable(error, shown, user) from error


def read_values_file(path: Path, shown: str, user: Credentials | None) -> bytes:
    """The bytes of a file of variables or of one secret, read as `user`.

    Raises `InvalidInput` if it cannot be read or is too large.
    """
    try:
        return read_file_as(user, path, limit=SIZE_LIMIT)
    except OSError as error:
        raise _unreadable(error, shown, user) from error


def read_results_file(path: Path) -> bytes:
    """The bytes of a `results.json`. Raises `OSError` if it cannot be read or is too large."""
    return read_named_file(path, limit=_RESULTS_BYTES)


def _unreadable(error: OSError, shown: str, user: Credentials | None) -> InvalidInput:
    message = f"cannot read it{reading_as(user)}: {reason_of(error)}"
    hint = None if user is None else READABLE_FOR_THE_OWNER
    return InvalidInput([Diagnostic(message, source=shown, hint=hint, code="unreadable-file")])
