"""The bytes of the files that a user names."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.source_text import SIZE_LIMIT


def read_file(path: Path, shown: str) -> bytes:
    """The bytes of an input file, at most one more than a workflow may have: such a file is refused by its reader.

    Raises `InvalidInput` when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise InvalidInput([Diagnostic(f"cannot read it: {error.strerror}", source=shown)]) from error


def read_values_file(path: Path, shown: str) -> bytes:
    """The bytes of a file of variables or of one secret. Raises `InvalidInput` when it cannot be read, or is huge."""
    content = read_file(path, shown)
    if len(content) > SIZE_LIMIT:
        raise InvalidInput([Diagnostic(f"the file has more than {SIZE_LIMIT:,} bytes", source=shown)])
    return content
