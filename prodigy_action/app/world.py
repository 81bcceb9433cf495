"""What the process was given: environment, directory, streams. Nothing else reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The process's surroundings as values."""

    environ: Mapping[str, str]
    directory: Path
    stdout: TextIO
    stderr: TextIO

    @classmethod
    def of_process(cls) -> World:
        """The real ones; `GIT_*` variables of the caller are removed from the process for good."""
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            del os.environ[name]
        return cls(environ=dict(os.environ), directory=Path.cwd(), stdout=sys.stdout, stderr=sys.stderr)
