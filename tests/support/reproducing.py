"""Reproduces items of a run in this process: a process of its own for each costs a second."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from prodigy_action.app.process_context import ProcessContext
from prodigy_action.cli.ends import refuse
from prodigy_action.cli.entry import commands
from prodigy_action.errors import ProdigyError
from tests.support.git import clean_environ


@dataclass(frozen=True)
class Reproduced:
    """How `reproduce` ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def is_as_in_the_run(self) -> bool:
        """Whether the exit code and the changes are those of the run, as the command found."""
        return self.stderr.endswith("as in the run: the same exit code and the same changes\n")


def reproduce(repository: Path, *arguments: str, **environ: str) -> Reproduced:
    """`prodigy-action reproduce prodigy-results …` in a repository."""
    stdout, stderr = io.StringIO(), io.StringIO()
    world = ProcessContext.of(clean_environ(**environ), repository, stdout, stderr)
    given = ["reproduce", "prodigy-results", *arguments]
    try:
        code = commands.main(given, "prodigy-action", standalone_mode=False, obj=world)
    except ProdigyError as error:
        code = refuse(error, {}, world)
    return Reproduced(code, stdout.getvalue(), stderr.getvalue())


def state_of(directory: Path) -> dict[str, tuple[int, str]]:
    """Mode and content of every file below a directory."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_symlink():
            content = str(path.readlink())
        else:
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(directory))] = (path.lstat().st_mode, content)
    return found
