"""What the process was given: environment, directory, streams. Nothing else reads them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from prodigy_action.pure.steps.environment import belongs_to_runner


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessContext:
    """The process's surroundings as values."""

    environ: Mapping[str, str]
    directory: Path
    stdout: TextIO
    stderr: TextIO

    @property
    def columns(self) -> int | None:
        """The width of the terminal that standard output is; None when it is none."""
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or None
        except (OSError, ValueError):  # no terminal; a stream that is no file
            return None

    @classmethod
    def of_process(cls) -> ProcessContext:
        """The real ones. What belongs to the runner is told here and removed from the process for good.

        So no child gets it by accident, such as a filter that an agent configured and that our git then starts.
        """
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            del os.environ[name]
        environ = dict(os.environ)
        for name in filter(belongs_to_runner, environ):
            del os.environ[name]
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal of another encoding must not end the run
                stream.reconfigure(errors="backslashreplace")
        return cls(environ=environ, directory=Path.cwd(), stdout=sys.stdout, stderr=sys.stderr)
