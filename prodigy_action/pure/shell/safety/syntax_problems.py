"""Whether a shell can read a text at all, in the words of the parser."""

from __future__ import annotations

import re

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.syntax.standing import standing_text
from prodigy_action.pure.shell.syntax.tree import ParsedShells

_CERTAIN = re.compile(r"reached EOF without (?:closing quote|matching)")
_EXPANSION = "not a valid parameter expansion"
"""The check of names reports this better: `${itm.name}` is no value of ours."""
_READ_LATE = re.compile(r"<<|\(\(|\$\[")
"""Here-documents and arithmetic, which shells read when they run them."""


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """What keeps a shell from reading a text, at `position` (characters); `certain` when every shell refuses it."""

    reason: str
    position: int
    certain: bool


def find_syntax_problem(text: str, roots: frozenset[str], parsed: ParsedShells) -> SyntaxProblem | None:
    """The first place where a text stops to be shell code; None when there is none, or when it is not known.

    Values of `roots` are taken for words. `parsed` has the tree of the text (`standing_text`).
    """
    standing = standing_text(text, roots)
    tree = parsed.get(standing.text)
    if tree is None or tree.problem is None or not tree.problem.is_syntax:
        return None
    problem = tree.problem
    if _EXPANSION in problem.reason:
        return None
    position = standing.character_at(problem.position)
    late = _READ_LATE.search(standing.text, 0, problem.position) is not None
    certain = _CERTAIN.match(problem.reason) is not None and not late
    return SyntaxProblem(problem.reason, min(position, max(0, len(text) - 1)), certain)
