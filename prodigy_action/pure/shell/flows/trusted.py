"""Lines in which what may run is meant to: those of the comment `# prodigy: trusted`, and those below it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from prodigy_action.pure.shell.syntax.standing import StandingText
from prodigy_action.pure.shell.syntax.tree import Span

_TRUSTED = re.compile(r"#[ \t]*prodigy:[ \t]*trusted(?![\w-])")


def says_trusted(comment: str) -> bool:
    """Whether a comment says that what may run is meant to; a reason may follow."""
    return _TRUSTED.search(comment) is not None


def trusted_lines(standing: StandingText, comments: Iterable[Span]) -> frozenset[int]:
    """The lines, from 0, that a comment of a text speaks of.

    At the end of a line it speaks of that line, on a line of its own of the next line that is no comment. Lines that a
    `\\` joins are one line. `comments` are those that the parser found, so that quotes and here-documents hold none.
    """
    lines = standing.text.split("\n")
    alone = set[int]()
    found = set[int]()
    for comment in comments:
        line = standing.text.count("\n", 0, comment.start)
        begins = standing.text.rfind("\n", 0, comment.start) + 1
        is_alone = not standing.text[begins : comment.start].strip()
        if is_alone:
            alone.add(line)
        if says_trusted(standing.text[comment.start : comment.end]):
            found.add(line)
    for line in sorted(found & alone):
        below = line + 1
        while below in alone or (below < len(lines) and not lines[below].strip()):
            below += 1
        found.add(below)
    return frozenset(each for line in found for each in (line, *_joined(lines, line, alone)))


def _joined(lines: list[str], line: int, alone: Container[int]) -> Iterable[int]:
    """The further lines of a line that is written on several."""
    first = last = line
    while first > 0 and lines[first - 1].endswith("\\") and first - 1 not in alone:
        first -= 1
    while last < len(lines) - 1 and lines[last].endswith("\\") and last not in alone:
        last += 1
    return range(first, last + 1)
