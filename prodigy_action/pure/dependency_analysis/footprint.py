"""What a step certainly reads and writes; a barrier reads and writes everything."""

from __future__ import annotations

import re
from enum import Enum

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.dependency_analysis.argument_words import ArgumentWord
from prodigy_action.pure.dependency_analysis.worktree_paths import NO_PATHS, STREAMS, WORKTREE, PathSet, resolve_path

_REPLACES_PROGRAMS = re.compile(r"PATH|ENV|PS4|TMPDIR|POSIXLY_CORRECT|SHELLOPTS|LOCPATH|GCONV_PATH|BASH\w*|LD_\w*")


class Access(Enum):
    """What a command does with one of its words."""

    TEXT = "text"
    PROGRAM = "program"
    READ = "read"
    WRITE = "write"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class Footprint:
    """Variable names, resolved paths, git state, the previous step's output; `barrier` is the reason why it is a
    barrier.
    """

    variable_reads: frozenset[str] = frozenset()
    variable_writes: frozenset[str] = frozenset()
    path_reads: frozenset[str] = frozenset()
    path_writes: frozenset[str] = frozenset()
    git_reads: bool = False
    git_writes: bool = False
    previous_output: bool = False
    barrier: str | None = None


class FootprintBuilder:
    """Collects a footprint; the first reason for a barrier is kept, and collecting continues."""

    def __init__(self, *, working_dir: str = "", symlinks: PathSet = NO_PATHS) -> None:
        self.variable_reads: set[str] = set()
        self.variable_writes: set[str] = set()
        self.path_reads: set[str] = set()
        self.path_writes: set[str] = set()
        self.git_reads = False
        self.git_writes = False
        self.previous_output = False
        self.barrier: str | None = None
        self._working_dir = working_dir
        self._symlinks = symlinks
        if working_dir:
            self.touch_path(".", Access.READ)

    def build(self) -> Footprint:
        """The footprint collected so far."""
        return Footprint(
            variable_reads=frozenset(self.variable_reads),
            variable_writes=frozenset(self.variable_writes),
            path_reads=frozenset(self.path_reads),
            path_writes=frozenset(self.path_writes),
            git_reads=self.git_reads,
            git_writes=self.git_writes,
            previous_output=self.previous_output,
            barrier=self.barrier,
        )

    def stop_at(self, reason: str) -> None:
        """Make the step a barrier."""
        if self.barrier is None:
            self.barrier = reason

    def write_variable(self, name: str) -> None:
        """Record that the variable is set; a variable that changes which programs run makes a barrier."""
        self.variable_writes.add(name)
        if replaces_programs(name):
            self.stop_at(f"setting {name!r} may change what programs do")

    def touch(self, word: ArgumentWord, access: Access) -> None:
        """Record what a command does with `word`; a glob also reads the file names that it matches."""
        if access is Access.TEXT or access is Access.PROGRAM:
            if word.splits:
                self.path_reads.add(WORKTREE)
            elif word.glob:
                self.touch_path(word.directory, Access.READ)
        elif word.dynamic:
            self.stop_at(f"the path {word.text!r} is not known before running")
        else:
            if word.glob:
                self.touch_path(word.directory, Access.READ)
            self.touch_path(word.directory if word.glob else word.prefix, access)

    def touch_path(self, path: str, access: Access) -> None:
        """Record an access to the file or tree `path`, relative to the step's working directory."""
        if path in STREAMS:
            return
        resolved = resolve_path(path, self._working_dir)
        if isinstance(resolved, str):
            self.stop_at(resolved)
            return
        for touched in (resolved.path, *sorted(resolved.passed)):
            if self._symlinks.overlaps(touched):
                self.stop_at(
                    f"a link (symbolic, or to a file with several names) is on the way to {path!r} or below it"
                )
        self.path_reads |= resolved.passed
        if access is Access.READ:
            self.path_reads.add(resolved.path)
        elif access is Access.CREATE:
            self.path_writes |= {made.split("/")[0] for made in (resolved.path, *resolved.passed)}
        else:
            self.path_writes.add(resolved.path)


def replaces_programs(variable: str) -> bool:
    """Whether setting the variable may change which program a name runs, or how the shell behaves."""
    return _REPLACES_PROGRAMS.fullmatch(variable) is not None
