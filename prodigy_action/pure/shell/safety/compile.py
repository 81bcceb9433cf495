"""A shell text with placeholders → a script that reads each value from a variable, whatever the value is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.safety.compiled import (
    CompiledShell,
    InterpolationRefused,
    Interpreter,
    Slot,
    refused_name,
    refused_value,
)
from prodigy_action.pure.shell.safety.constraints import Refused, ValueConstraint
from prodigy_action.pure.shell.safety.context_rules import refuse_whole_command
from prodigy_action.pure.shell.safety.taint import TaintAnalysis
from prodigy_action.pure.shell.syntax.commands import DECLARATIONS, effective_words
from prodigy_action.pure.shell.syntax.nodes import Frame, Heredoc, Occurrence, Role
from prodigy_action.pure.shell.syntax.occurrences import ReadFailed, ShellReading
from prodigy_action.pure.shell.syntax.standing import StandingText, as_bytes, from_bytes, standing_text
from prodigy_action.pure.shell.syntax.tree import ParsedShell, ParsedShells, Problem, Quoting
from prodigy_action.pure.shell.syntax.walker import read_shell
from prodigy_action.pure.templates.origins import is_foreign
from prodigy_action.pure.templates.placeholders import Placeholder

_UNPARSED = Problem("it has not been parsed", 0)


@dataclass(frozen=True, slots=True)
class LocatedValues:
    """A text, and where in the shell's syntax each placeholder stands; `values` are in the order of the text."""

    standing: StandingText
    reading: ShellReading
    values: tuple[tuple[Occurrence, Placeholder], ...]

    @property
    def assigned(self) -> frozenset[str]:
        """The variables that the text itself assigns by `NAME=` or `for NAME`."""
        words = [word.text for command in self.reading.commands for word in command.assignments]
        return frozenset(re.split(r"[\[+=]", word, maxsplit=1)[0] for word in words) | self.reading.loops.keys()


def locate_values(
    text: str, roots: frozenset[str], parsed: ParsedShells, names: frozenset[str] = frozenset()
) -> LocatedValues:
    """Find the quotes around every placeholder; raises `InterpolationRefused` where they are not certain.

    Without placeholders the refusal names one of `names`.
    """
    standing = standing_text(text, roots)
    tree = parsed.get(standing.text) or ParsedShell(standing.text, problem=_UNPARSED)
    try:
        reading = read_shell(tree, standing.tokens)
    except ReadFailed as failed:
        reason = f"stands in a command that cannot be read with certainty: {failed.reason}"
        raise _text_refusal(standing, names, failed.position, reason) from failed
    values: list[tuple[Occurrence, Placeholder]] = []
    for (start, _), placeholder in zip(standing.tokens, standing.placeholders, strict=True):
        if start not in reading.occurrences:
            if standing.text[max(0, start - 1) : start] == "$":
                raise refused_value(placeholder, "stands behind '$': the shell reads '$$' first")
            raise refused_value(placeholder, "stands in text whose quotes are not certain")
        values.append((reading.occurrences[start], placeholder))
    return LocatedValues(standing, reading, tuple(values))


def compile_shell(
    text: str,
    roots: frozenset[str],
    interpreter: Interpreter,
    parsed: ParsedShells,
    names: frozenset[str] = frozenset(),
    trusted: frozenset[str] = frozenset(),
) -> CompiledShell:
    """Find the quotes around every placeholder of `text` and write what is right there.

    `parsed` has the tree of the text (`standing_text`). `names` are variables that are set to values, too, before the
    script runs; `trusted` are first names of values that may be a whole command, for the workflow decides them. Raises
    `InterpolationRefused` where a value must not stand, or where its place is not certain.
    """
    standing = standing_text(text, roots)
    if not names and not standing.placeholders:
        return CompiledShell(text, ())
    return _compile(text, roots, interpreter, parsed.get(standing.text), names, trusted)


@lru_cache(maxsize=256)
def _compile(
    text: str,
    roots: frozenset[str],
    interpreter: Interpreter,
    tree: ParsedShell | None,
    names: frozenset[str],
    trusted: frozenset[str],
) -> CompiledShell:
    located = locate_values(text, roots, {} if tree is None else {tree.text: tree}, names)
    standing, reading = located.standing, located.reading
    try:
        taint = TaintAnalysis(reading, interpreter)
    except Refused as refused:
        raise _text_refusal(standing, names, 0, str(refused)) from refused
    on_names = MappingProxyType({name: _constraints_on_name(taint, name, text) for name in sorted(names)})
    if not standing.placeholders:
        return CompiledShell(text, (), on_names)
    prefix = _unused_prefix(text)
    variables = _variables(standing.placeholders, prefix)
    edits: list[tuple[int, int, str]] = []
    slots: list[Slot] = []
    for occurrence, placeholder in located.values:
        if occurrence.escaped:
            edits.append((occurrence.start, occurrence.end, as_bytes(placeholder.text)))
            continue
        if occurrence.frames and occurrence.frames[-1].quoting is Quoting.COMMENT:
            edits.append((occurrence.start, occurrence.end, ""))
            continue
        try:
            if is_foreign(placeholder, trusted):
                refuse_whole_command(occurrence)
            constraints = taint.constraints(occurrence)
            rendering = _render_occurrence(occurrence, interpreter)
        except Refused as refused:
            raise refused_value(placeholder, str(refused)) from refused
        spread = placeholder.names_list and _is_whole_word(occurrence)
        variable = f"{variables[placeholder.text]}list_" if spread else variables[placeholder.text]
        edits.append((occurrence.start, occurrence.end, rendering.replace("\0", f"${{{variable}}}")))
        slots.append(Slot(placeholder, variable, constraints, spread))
    edits.extend(_heredoc_edits(reading, prefix))
    return CompiledShell(_apply(standing.text, edits), tuple(slots), on_names)


def _constraints_on_name(taint: TaintAnalysis, name: str, text: str) -> frozenset[ValueConstraint]:
    try:
        return taint.constraints_on(name)
    except Refused as refused:
        raise refused_name(text, name, str(refused)) from refused


def _unused_prefix(text: str) -> str:
    prefix, attempt = "PRODIGY_V", 0
    while prefix in text:
        attempt += 1
        prefix = f"PRODIGY_V_{attempt}_"
    return prefix


def _variables(placeholders: Sequence[Placeholder], prefix: str) -> dict[str, str]:
    variables: dict[str, str] = {}
    for placeholder in placeholders:
        variables.setdefault(placeholder.text, f"{prefix}{len(variables)}_")
    return variables


def _text_refusal(standing: StandingText, names: frozenset[str], position: int, reason: str) -> InterpolationRefused:
    """The refusal of a whole text, placed at the last value before `position`, else at the first."""
    if not standing.placeholders:
        return refused_name(standing.characters, min(names), reason)
    before = [
        placeholder
        for (start, _), placeholder in zip(standing.tokens, standing.placeholders, strict=True)
        if start <= position
    ]
    return refused_value(before[-1] if before else standing.placeholders[0], reason)


def _render_occurrence(occurrence: Occurrence, interpreter: Interpreter) -> str:
    """What stands for a placeholder, with a NUL in the place of its variable."""
    frame = occurrence.frames[-1]
    outer = occurrence.frames[-2].quoting if len(occurrence.frames) > 1 else None
    if frame.quoting is Quoting.TRANSLATED:
        raise Refused('stands in $"…", which is translated')
    if frame.quoting in (Quoting.SINGLE, Quoting.ANSI):
        if outer is not Quoting.WORD:
            raise Refused("stands in single quotes inside an expansion, which shells read differently")
        if frame.quoting is Quoting.ANSI and interpreter == "sh":
            raise Refused("stands in $'…', which sh does not know: say interpreter: bash")
        return "'\"\0\"'" if frame.quoting is Quoting.SINGLE else "'\"\0\"$'"
    if frame.quoting is Quoting.QUOTED_HEREDOC:
        _check_quoted_heredoc(occurrence, frame.heredoc)
    elif frame.quoting is Quoting.HEREDOC:
        _check_heredoc(frame.heredoc)
    elif frame.quoting is Quoting.WORD and _needs_quotes(frame):
        return '"\0"'
    return "\0"


def _is_whole_word(occurrence: Occurrence) -> bool:
    """Whether the placeholder is one word of a command or of a `for` list, without quotes."""
    frame = occurrence.frames[-1]
    word = frame.word
    return (
        frame.quoting is Quoting.WORD
        and word is not None
        and word.role in (Role.ARGUMENT, Role.LOOP)
        and (word.start, word.end) == (occurrence.start, occurrence.end)
    )


def _needs_quotes(frame: Frame) -> bool:
    word, command = frame.word, frame.command
    if word is None:
        return False
    if word.role in (Role.REDIRECT, Role.ASSIGNMENT):
        return not word.text.partition("=")[2].startswith("(")
    words = [] if command is None else effective_words(command)
    return bool(words) and words[0].literal in DECLARATIONS


def _check_heredoc(heredoc: Heredoc | None) -> None:
    if heredoc is None or heredoc.shares_line:
        raise Refused("stands in one of two here-documents that begin on one line")


def _check_quoted_heredoc(occurrence: Occurrence, heredoc: Heredoc | None) -> None:
    _check_heredoc(heredoc)
    if Quoting.BACKTICK in occurrence.chain:
        raise Refused("stands in a quoted here-document inside backticks: write $(…)")


def _heredoc_edits(reading: ShellReading, prefix: str) -> list[tuple[int, int, str]]:
    """Turn every quoted here-document that holds a placeholder into an unquoted one of the same text."""
    edits: list[tuple[int, int, str]] = []
    text = reading.text
    for heredoc in reading.heredocs:
        body = heredoc.body
        inside = sorted(start for start in reading.occurrences if body.start <= start < body.closing_start)
        if not body.quoted or not inside:
            continue
        delimiter = f"{prefix}END"
        edits.append((heredoc.delimiter_start, heredoc.delimiter_end, delimiter))
        position = body.start
        for start in [*inside, body.closing_start]:
            edits.extend((offset, offset, "\\") for offset in range(position, start) if text[offset] in "\\$`")
            position = reading.occurrences[start].end if start in reading.occurrences else start
        closing = text[body.closing_start : body.end]
        tabs = closing[: len(closing) - len(closing.lstrip("\t"))] if heredoc.strips_tabs else ""
        edits.append((body.closing_start, body.end, tabs + delimiter))
    return edits


def _apply(text: str, edits: list[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, replacement in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        pieces.append(text[position:start])
        pieces.append(replacement)
        position = end
    pieces.append(text[position:])
    return from_bytes("".join(pieces))
