"""The context of the process: environment, directory, streams. Only this module reads them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from prodigy_action.app.masking import GrowingMasker, MaskedOutput
from prodigy_action.dataclass import dataclass
from prodigy_action.pure.steps.environment import SECRET_NAMES, belongs_to_runner
from prodigy_action.pure.text.colors import wants_color


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessContext:
    """The environment, working directory and streams of the process, as values."""

    environ: Mapping[str, str]
    directory: Path
    stdout: MaskedOutput
    stderr: MaskedOutput
    masker: GrowingMasker
    """The secrets of the run; `stdout` and `stderr` mask them."""

    @property
    def columns(self) -> int | None:
        """The width of the terminal that standard output is; None when standard output is not a terminal."""
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or None
        except (OSError, ValueError):  # not a terminal, or a stream without a file descriptor
            return None

    def has_color(self, stream: MaskedOutput) -> bool:
        """Whether `stdout` or `stderr` may be coloured; the one decision for every text of the program."""
        return wants_color(self.environ, terminal=stream.isatty())

    @classmethod
    def of_process(cls) -> ProcessContext:
        """The context of this process. The runner's variables are kept here and removed from the process environment.

        So no child process inherits them by accident, such as a filter that an agent configured and that our git then
        starts.
        """
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            del os.environ[name]
        environ = dict(os.environ)
        for name in filter(belongs_to_runner, environ):
            del os.environ[name]
        _occupy_closed_streams()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal with another encoding must not end the run
                stream.reconfigure(errors="backslashreplace")
        return cls.of(environ, Path.cwd(), sys.stdout, sys.stderr)

    @classmethod
    def of(
        cls, environ: Mapping[str, str], directory: Path, stdout: TextIO | None, stderr: TextIO | None
    ) -> ProcessContext:
        """The context of a process with these streams; None is a closed one."""
        masker = GrowingMasker()
        for name in SECRET_NAMES:
            masker.add(environ.get(name, ""))
        return cls(
            environ=environ,
            directory=directory,
            stdout=MaskedOutput(stdout, masker, required=True),
            stderr=MaskedOutput(stderr, masker, required=False),
            masker=masker,
        )


def _occupy_closed_streams() -> None:
    """Open standard streams that are closed on nothing: otherwise a file of ours would get their number, and programs
    would write to it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
