"""The declarations of steps: consistent `id` and `needs`, and `reads` and `writes` as a footprint."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Literal

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.footprint import Access, FootprintBuilder

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_GLOB = re.compile(r"[*?\[]")
_GIT = ".git"


@dataclass(frozen=True, slots=True)
class DeclarationProblem:
    """One wrong `id` or `needs`: the command's position, the field, and which of its entries (0 for `id`)."""

    index: int
    field: Literal["id", "needs"]
    entry: int
    message: str
    hint: str | None = None


class DependencyError(ExpressionError):
    """`needs` and `id` of the commands are inconsistent; `problems` holds each problem, for the loader to add
    positions.
    """

    def __init__(self, problems: Sequence[DeclarationProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems), hint=problems[0].hint)
        self.problems = tuple(problems)


def find_declaration_problems(commands: Sequence[Command]) -> tuple[DeclarationProblem, ...]:
    """Every `id` that an earlier command has, and every `needs` that names no earlier command."""
    problems: list[DeclarationProblem] = []
    positions: dict[str, int] = {}
    for index, command in enumerate(commands):
        if command.id is not None and positions.setdefault(command.id, index) != index:
            message = f"two steps have the id {command.id!r}"
            problems.append(DeclarationProblem(index, "id", 0, message, "give each step an id of its own"))
    for index, command in enumerate(commands):
        for entry, name in enumerate(command.needs):
            position = positions.get(name)
            if position is None:
                close = difflib.get_close_matches(name, positions, n=1)
                hint = f"did you mean `{close[0]}`?" if close else "give the needed step this id"
                problems.append(
                    DeclarationProblem(index, "needs", entry, f"needs {name!r}, which is no step's id", hint)
                )
            elif position >= index:
                which = "itself" if position == index else "a later step"
                problems.append(
                    DeclarationProblem(
                        index, "needs", entry, f"needs {name!r}, which is {which}", "name a step that stands before it"
                    )
                )
    return tuple(problems)


def touch_declared(entries: Sequence[str], access: Access, builder: FootprintBuilder) -> None:
    """Record declared paths, globs and `.git` (the git state), relative to the worktree."""
    for entry in entries:
        glob = _GLOB.search(entry)
        if _VARIABLE.fullmatch(entry):
            continue
        if "${" in entry:
            builder.stop_at(f"the declared path {entry!r} is not known before running")
        elif entry.rstrip("/") == _GIT:
            builder.git_reads |= access is Access.READ
            builder.git_writes |= access is not Access.READ
        else:
            fixed = entry[: glob.start()] if glob else entry
            builder.touch_path((fixed.rpartition("/")[0] + "/" if "/" in fixed else ".") if glob else entry, access)


def declared_variables(entries: Sequence[str]) -> frozenset[str]:
    """The names that `$NAME` and `${NAME}` declare."""
    found = map(_VARIABLE.fullmatch, entries)
    return frozenset(variable[1] or variable[2] for variable in found if variable)
