"""The bytes of the files that a user names, or the problem with them."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.files.named_file import read_named_file, read_start
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.source_text import SIZE_LIMIT

_RESULTS_BYTES = 2**30


def read_file(path: Path, shown: str) -> bytes:
    """The bytes of an input file. At most one byte more than a workflow may have is read: a longer file is refused
    later.

    Raises `InvalidInput` when it cannot be read.
    """
    try:
        return read_start(path, limit=SIZE_LIMIT + 1)
    except OSError as error:
        raise _unreadable(error, shown) from error


def read_values_file(path: Path, shown: str) -> bytes:
    """The bytes of a file of variables or of one secret. Raises `InvalidInput` if it cannot be read or is too large."""
    try:
        return read_named_file(path, limit=SIZE_LIMIT)
    except OSError as error:
        raise _unreadable(error, shown) from error


def read_results_file(path: Path) -> bytes:
    """The bytes of a `results.json`. Raises `OSError` if it cannot be read or is too large."""
    return read_named_file(path, limit=_RESULTS_BYTES)


def _unreadable(error: OSError, shown: str) -> InvalidInput:
    return InvalidInput([Diagnostic(f"cannot read it: {error.strerror}", source=shown, code="unreadable-file")])
