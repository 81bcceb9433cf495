"""The files through which a step speaks to the GitHub runner, read as the runner reads them.

By the behaviour of `FileCommandManager.cs` of github.com/actions/runner: a record is `name=value`, or
`name<<delimiter`, lines, and the delimiter on a line of its own; whichever of `=` and `<<` comes first in the line
decides. Only LF ends a line. What does not fit this fails the step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SUMMARY_LIMIT = 1024 * 1024
"""The runner shows no summary that is larger, in bytes."""


class FileCommandRejected(Exception):
    """The runner would fail the step because of this file."""


def parse_records(text: str) -> dict[str, str]:
    """The records of a file of outputs, variables or state; the last one of a name counts."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    waiting = iter(lines)
    for line in waiting:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, value = line.partition("=")
        elif heredoc >= 0:
            name, _, delimiter = line.partition("<<")
            if not delimiter:
                raise FileCommandRejected(f"{line!r} has no delimiter")
            value = "\n".join(_until(delimiter, waiting))
        else:
            raise FileCommandRejected(f"{line!r} is no record")
        if not name:
            raise FileCommandRejected(f"{line!r} has no name")
        found[name] = value
    return found


def _until(delimiter: str, lines: Iterator[str]) -> list[str]:
    value: list[str] = []
    for line in lines:
        if line == delimiter:
            return value
        value.append(line)
    raise FileCommandRejected(f"there is no line {delimiter!r}")


def parse_paths(text: str) -> list[str]:
    """The directories that a file of paths adds to `PATH`."""
    return [line for line in re.split("\r\n|\r|\n", text) if line]
