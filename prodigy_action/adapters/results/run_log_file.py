"""`log.jsonl`: the structured log of a run, kept in its results directory."""

from __future__ import annotations

import os
from pathlib import Path

from prodigy_action.adapters.files.below import open_below
from prodigy_action.adapters.files.writing import write_whole
from prodigy_action.adapters.results.state_store import unwritable
from prodigy_action.pure.text.reasons import reason_of

RUN_LOG = "log.jsonl"


class RunLogFile:
    """A stream for the structured log. A resumed run continues the file at its end.

    Raises `ResultsUnwritable` when the file cannot be opened. A later problem is kept in `problem`: it does not end the
    run.
    """

    encoding = "utf-8"

    def __init__(self, root: Path) -> None:
        self.problem: str | None = None
        """Why the log ended early, if it did."""
        try:
            self._descriptor = open_below(root, RUN_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise unwritable(RUN_LOG, error) from error

    def write(self, text: str, /) -> int:
        """Write whole lines. Raises `OSError`."""
        try:
            write_whole(self._descriptor, text.encode())
        except OSError as error:
            self.problem = reason_of(error)
            raise
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
