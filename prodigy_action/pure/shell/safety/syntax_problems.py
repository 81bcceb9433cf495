"""Whether a shell can read a text at all: quotes that are not closed, parentheses and words that miss their end."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_action.pure.shell.syntax.cursor import ScanFailed
from prodigy_action.pure.shell.syntax.scanner import scan_shell
from prodigy_action.pure.shell.syntax.tree import parse_shell
from prodigy_action.pure.templates.placeholders import parse_template

_CERTAIN = frozenset(
    {"a single quote is not closed", "a double quote is not closed", "a backtick is not closed", "')' is missing"}
)


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """What keeps a shell from reading a text, at `position` (characters); `certain` when every shell refuses it."""

    reason: str
    position: int
    certain: bool


def find_syntax_problem(text: str, roots: frozenset[str] = frozenset()) -> SyntaxProblem | None:
    """The first place where a text stops to be shell code; None when there is none, or when it is not known.

    Values of `roots` are taken for words. Only what the scanner and the grammar both refuse is a problem.
    """
    characters = list(text)
    for placeholder in parse_template(text, roots).placeholders:
        characters[placeholder.start : placeholder.end] = "x" * (placeholder.end - placeholder.start)
    plain = "".join(characters).encode("utf-8", "surrogateescape")
    try:
        scan_shell(plain.decode("latin-1"), {})
    except ScanFailed as failed:
        if not parse_shell(plain).root_node.has_error:
            return None
        position = len(plain[: failed.position].decode("utf-8", "replace"))
        certain = failed.reason in _CERTAIN and b"<<" not in plain[: failed.position]  # bash reads here-documents late
        return SyntaxProblem(failed.reason, min(position, max(0, len(text) - 1)), certain)
    return None
