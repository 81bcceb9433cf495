"""The files that a workflow file names, read from the repository."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from prodigy_action.adapters.files.named_file import first_existing
from prodigy_action.app.input_bytes import read_file
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.composition.library import FileRefused, NamedFile

USUAL_WORKFLOWS = ("prodigy.yml", ".github/prodigy.yml")
"""Where a workflow is looked for when none is named."""


def usual_workflow(*directories: Path) -> str:
    """The one workflow at a usual place below one of the directories. Raises `InvalidInput` for none, and for two."""
    found = [name for name in USUAL_WORKFLOWS if first_existing(*(directory / name for directory in directories))]
    if len(found) == 1:
        return found[0]
    usual = " and ".join(USUAL_WORKFLOWS)
    if found:
        message, hint = f"no workflow is given, and both {usual} are there", "name one of them"
    else:
        message = f"no workflow is given, and neither of {usual} is there"
        hint = "name it, or write one with prodigy-action init"
    raise InvalidInput([Diagnostic(message, source="workflow", hint=hint, code="missing-input")])


@dataclass(frozen=True, slots=True)
class RepositoryFiles:
    """Files of the directories `roots`; `shown` is the name of the workflow file at `path` in diagnostics."""

    path: Path
    shown: str
    roots: Sequence[Path]

    @property
    def main(self) -> str:
        """The path of the workflow file itself."""
        return str(self.path)

    @property
    def directory(self) -> str:
        """The directory of the workflow file."""
        return str(self.path.parent)

    def find(self, names: Sequence[str], directory: str) -> NamedFile | None:
        """The first of the names that exists, in the directory or else in one of the roots.

        Raises `FileRefused` when it is outside of the roots, or cannot be read.
        """
        starts = (Path(directory), *self.roots)
        found = first_existing(*(start / name for start in starts for name in names))
        if found is None:
            return None
        path = found.resolve()
        if not any(path.is_relative_to(root) for root in self.roots):
            raise FileRefused("it is outside the repository", "copy the file to the repository")
        beside = os.path.relpath(path, self.path.parent)
        shown = os.path.normpath(Path(self.shown).parent / beside)
        try:
            return NamedFile(shown, str(path), str(path.parent), read_file(path, shown))
        except InvalidInput as error:
            raise FileRefused(error.diagnostics[0].message) from error


def files_of(path: Path, shown: str, repository: Path | None = None) -> RepositoryFiles:
    """The files that the workflow file at `path` may name: those of the repository that it is in, or else of its own
    directory; and those of `repository`, the one that the run works on.
    """
    main = path.resolve()
    roots = [_root_of(main.parent), *([_root_of(repository.resolve())] if repository is not None else [])]
    return RepositoryFiles(main, shown, tuple(dict.fromkeys(roots)))


def _root_of(directory: Path) -> Path:
    return next((each for each in (directory, *directory.parents) if (each / ".git").exists()), directory)
