"""The files that a workflow may name, as a port: the application reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prodigy_action.dataclass import dataclass


class FileRefused(Exception):
    """A file that exists cannot be used; the text says why, `hint` what to do."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that was found: the name for diagnostics, its path and its directory without links, its bytes."""

    shown: str
    path: str
    directory: str
    content: bytes


class WorkflowFiles(Protocol):
    """Reads the files that workflow files name; none outside of the repository."""

    @property
    def main(self) -> str:
        """The path of the workflow file itself, absolute and without links."""
        ...

    @property
    def directory(self) -> str:
        """The directory of the workflow file."""
        ...

    def find(self, names: Sequence[str], directory: str) -> NamedFile | None:
        """The first of the names that exists, in the directory or else in that of the repository.

        Raises `FileRefused` when it is outside of the repository, or cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class NoFiles:
    """No file at all: every name is a missing file."""

    main: str = "/workflow.yml"
    directory: str = "/"

    def find(self, names: Sequence[str], directory: str) -> NamedFile | None:
        """Nothing."""
        del names, directory
        return None
