"""What is worth a warning in a shell text whose values are safe: values that are split, names that hide others."""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.pure.shell.safety.compile import LocatedValues, compile_shell, locate_values
from prodigy_action.pure.shell.safety.compiled import Interpreter
from prodigy_action.pure.shell.syntax.nodes import Occurrence, Role
from prodigy_action.pure.shell.syntax.tree import ParsedShells, Quoting
from prodigy_action.pure.templates.placeholders import Placeholder, parse_template


@dataclass(frozen=True, slots=True)
class ShellFinding:
    """A warning about the placeholder at `start` to `end`, offsets in characters into the text."""

    code: str
    message: str
    hint: str
    start: int
    end: int


def lint_shell(
    text: str,
    roots: frozenset[str],
    parsed: ParsedShells,
    trusted: frozenset[str] = frozenset(),
    *,
    interpreter: Interpreter,
) -> list[ShellFinding]:
    """The warnings about a shell text, in its order; a text that is refused gives none (see `check_shell`)."""
    if (
        not parse_template(text, roots).placeholders
        or check_shell(text, roots, parsed, trusted, interpreter=interpreter) is not None
    ):
        return []
    located = locate_values(text, roots, parsed)
    findings = [
        finding
        for occurrence, placeholder in located.values
        if not occurrence.escaped
        for finding in _findings(occurrence, placeholder, located)
    ]
    return sorted(findings, key=lambda finding: (finding.start, finding.code))


def check_shell(
    text: str, roots: frozenset[str], parsed: ParsedShells, trusted: frozenset[str], *, interpreter: Interpreter
) -> ExpressionError | None:
    """Why no value may ever stand where a placeholder of `text` stands, or `None`."""
    try:
        compile_shell(text, roots, interpreter, parsed, trusted=trusted)
    except ExpressionError as refused:
        return refused
    return None


def _findings(occurrence: Occurrence, placeholder: Placeholder, located: LocatedValues) -> Iterator[ShellFinding]:
    if _is_bare(occurrence) and placeholder.root == "item":
        yield _about(
            placeholder,
            "unquoted-value",
            "is split at blanks and expanded as a pattern",
            f'quote it: "{placeholder.text}"',
        )
    if placeholder.root in located.assigned:
        yield _about(
            placeholder,
            "hidden-variable",
            f"is the workflow's value, not the script's variable {placeholder.root!r}",
            f"write ${placeholder.root} for the script's own variable",
        )


def _is_bare(occurrence: Occurrence) -> bool:
    frame = occurrence.frames[-1] if occurrence.frames else None
    if frame is None or frame.quoting is not Quoting.WORD or frame.word is None:
        return False
    return frame.word.role in (Role.COMMAND, Role.ARGUMENT, Role.LOOP, Role.ELEMENT)


def _about(placeholder: Placeholder, code: str, problem: str, hint: str) -> ShellFinding:
    message = f"the value of {placeholder.text!r} {problem}"
    return ShellFinding(code, message, hint, placeholder.start, placeholder.end)
