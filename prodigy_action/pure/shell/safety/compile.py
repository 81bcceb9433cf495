"""A shell text with placeholders → a script that reads each value from a variable, whatever the value is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, TypeAlias

from prodigy_action.errors import ExpressionError
from prodigy_action.pure.shell.safety.constraints import Demand, Refused
from prodigy_action.pure.shell.safety.taint import ValueFlow
from prodigy_action.pure.shell.syntax.commands import DECLARATIONS, effective_words
from prodigy_action.pure.shell.syntax.cursor import ScanFailed
from prodigy_action.pure.shell.syntax.nodes import Frame, Heredoc, Quoting, Role, Site
from prodigy_action.pure.shell.syntax.scanner import ShellScanner, scan_shell
from prodigy_action.pure.shell.syntax.tree_crosscheck import Witness
from prodigy_action.pure.templates.captured_names import first_mention
from prodigy_action.pure.templates.placeholders import Placeholder, parse_template

Interpreter: TypeAlias = Literal["sh", "bash"]

_RAW_HINT = "pass it as an argument or assign it first; `interpolation: raw` pastes the value as code, unprotected"


class InterpolationRefused(ExpressionError):
    """A value that a shell would read as more than a text, or a place where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One placeholder of a compiled text: the variable that holds its value, and what the value must be."""

    placeholder: Placeholder
    variable: str
    demands: frozenset[Demand]


@dataclass(frozen=True, slots=True)
class CompiledShell:
    """A script that is the same for all values, and its slots in the order of the text.

    `names` are the variables that the script finds set, and what their values must be.
    """

    script: str
    slots: tuple[Slot, ...]
    names: Mapping[str, frozenset[Demand]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScannedShell:
    """A text with a variable for every placeholder, and where in the shell's syntax each stands.

    `sites` and `placeholders` are in the order of the text.
    """

    scanner: ShellScanner
    placeholders: tuple[Placeholder, ...]
    sites: tuple[Site, ...]
    variables: Mapping[str, str]
    prefix: str

    @property
    def assigned(self) -> frozenset[str]:
        """The variables that the text itself assigns by `NAME=` or `for NAME`."""
        words = [word.text for command in self.scanner.commands for word in command.assignments]
        return frozenset(re.split(r"[\[+=]", word, maxsplit=1)[0] for word in words) | self.scanner.loops.keys()


def scan_template(text: str, roots: frozenset[str], names: frozenset[str] = frozenset()) -> ScannedShell:
    """Find the quotes around every placeholder; raises `InterpolationRefused` where they are not certain.

    Without placeholders the refusal names one of `names`.
    """
    template = parse_template(text, roots)
    placeholders = template.placeholders
    prefix = _unused_prefix(text)
    variables = _variables(placeholders, prefix)
    probe, tokens = _probe(template.segments, variables)
    owners = dict(zip(sorted(tokens), placeholders, strict=True))
    try:
        scanner = scan_shell(probe, tokens)
    except ScanFailed as failed:
        reason = f"stands in a command that cannot be read with certainty: {failed.reason}"
        raise _scan_refusal(text, owners, names, failed.position, reason) from failed
    for start, placeholder in owners.items():
        if start not in scanner.sites:
            raise _refusal(placeholder, "stands in text whose quotes are not certain")
    return ScannedShell(scanner, placeholders, tuple(scanner.sites[start] for start in owners), variables, prefix)


@lru_cache(maxsize=256)
def compile_shell(
    text: str, roots: frozenset[str], interpreter: Interpreter, names: frozenset[str] = frozenset()
) -> CompiledShell:
    """Find the quotes around every placeholder of `text` and write what is right there.

    `names` are variables that are set to values, too, before the script runs. Raises `InterpolationRefused` where a
    value must not stand, or where the scanner and the syntax tree disagree.
    """
    if not names and not parse_template(text, roots).placeholders:
        return CompiledShell(text, ())
    scanned = scan_template(text, roots, names)
    scanner = scanned.scanner
    try:
        flow = ValueFlow(scanner, interpreter)
    except Refused as refused:
        raise _scan_refusal(text, dict(enumerate(scanned.placeholders)), names, 0, str(refused)) from refused
    on_names = {name: _demands_on_name(flow, name, text) for name in sorted(names)}
    if not scanned.placeholders:
        return CompiledShell(text, (), MappingProxyType(on_names))
    witness = Witness(scanner)
    edits: list[tuple[int, int, str]] = []
    slots: list[Slot] = []
    for site, placeholder in zip(scanned.sites, scanned.placeholders, strict=True):
        if site.escaped:
            edits.append((site.start, site.end, _bytes_text(placeholder.text)))
            continue
        if site.frames and site.frames[-1].quoting is Quoting.COMMENT:
            edits.append((site.start, site.end, ""))
            continue
        try:
            demands = flow.demands(site)
            rendering = _render_site(site, interpreter)
        except Refused as refused:
            raise _refusal(placeholder, str(refused)) from refused
        doubt = witness.contradiction(site)
        if doubt is not None:
            raise _refusal(placeholder, f"stands where {doubt}")
        if rendering is not None:
            edits.append((site.start, site.end, rendering))
        slots.append(Slot(placeholder, scanned.variables[placeholder.text], demands))
    edits.extend(_heredoc_edits(scanner, scanned.sites, scanned.prefix))
    return CompiledShell(_apply(scanner.text, edits), tuple(slots), MappingProxyType(on_names))


def _demands_on_name(flow: ValueFlow, name: str, text: str) -> frozenset[Demand]:
    try:
        return flow.demands_on(name)
    except Refused as refused:
        raise refused_name(text, name, str(refused)) from refused


def refused_name(text: str, name: str, reason: str) -> InterpolationRefused:
    """The refusal of the value that the variable `name` of `text` holds."""
    start, end = first_mention(text, name)
    return InterpolationRefused(f"the value of '${name}' {reason}", start=start, end=end, hint=_RAW_HINT)


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


def _probe(segments: Sequence[str | Placeholder], variables: dict[str, str]) -> tuple[str, dict[int, int]]:
    """The text with `${variable}` for every placeholder, a character per byte, and where those stand."""
    pieces: list[str] = []
    tokens: dict[int, int] = {}
    length = 0
    for segment in segments:
        piece = _bytes_text(segment) if isinstance(segment, str) else f"${{{variables[segment.text]}}}"
        if not isinstance(segment, str):
            tokens[length] = length + len(piece)
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces), tokens


def _bytes_text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _scan_refusal(
    text: str, owners: Mapping[int, Placeholder], names: frozenset[str], position: int, reason: str
) -> InterpolationRefused:
    """The refusal of a whole text, told of the last value before `position`, else of the first."""
    if not owners:
        return refused_name(text, min(names), reason)
    before = [start for start in owners if start <= position]
    return _refusal(owners[before[-1]] if before else next(iter(owners.values())), reason)


def _render_site(site: Site, interpreter: Interpreter) -> str | None:
    """What stands for a placeholder; `None` when it stays as in the probe, `${variable}`."""
    frame = site.frames[-1]
    outer = site.frames[-2].quoting if len(site.frames) > 1 else None
    if frame.quoting is Quoting.TRANSLATED:
        raise Refused('stands in $"…", which is translated')
    if frame.quoting in (Quoting.SINGLE, Quoting.ANSI):
        if outer is not Quoting.WORD:
            raise Refused("stands in single quotes inside an expansion, which shells read differently")
        if frame.quoting is Quoting.ANSI and interpreter == "sh":
            raise Refused("stands in $'…', which sh does not know: say interpreter: bash")
        return "'\"\0\"'" if frame.quoting is Quoting.SINGLE else "'\"\0\"$'"
    if frame.quoting is Quoting.QUOTED_HEREDOC:
        _check_quoted_heredoc(site, frame.heredoc)
    elif frame.quoting is Quoting.HEREDOC:
        _check_heredoc(frame.heredoc)
    elif frame.quoting is Quoting.WORD and _needs_quotes(frame, site):
        return '"\0"'
    return None


def _needs_quotes(frame: Frame, site: Site) -> bool:
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


def _check_quoted_heredoc(site: Site, heredoc: Heredoc | None) -> None:
    _check_heredoc(heredoc)
    if Quoting.BACKTICK in site.chain:
        raise Refused("stands in a quoted here-document inside backticks: write $(…)")


def _heredoc_edits(scanner: ShellScanner, sites: Sequence[Site], prefix: str) -> list[tuple[int, int, str]]:
    """Turn every quoted here-document that holds a placeholder into an unquoted one of the same text."""
    edits: list[tuple[int, int, str]] = []
    starts = {site.start for site in sites}
    for heredoc in scanner.heredocs:
        inside = sorted(start for start in starts if heredoc.body_start <= start < heredoc.closing_start)
        if not heredoc.quoted or not inside:
            continue
        delimiter = f"{prefix}END"
        edits.append((heredoc.delimiter_start, heredoc.delimiter_end, delimiter))
        position = heredoc.body_start
        for start in [*inside, heredoc.closing_start]:
            edits.extend((offset, offset, "\\") for offset in range(position, start) if scanner.text[offset] in "\\$`")
            position = scanner.sites[start].end if start in starts else start
        closing = scanner.text[heredoc.closing_start : heredoc.body_end]
        tabs = closing[: len(closing) - len(closing.lstrip("\t"))] if heredoc.strips_tabs else ""
        edits.append((heredoc.closing_start, heredoc.body_end, tabs + delimiter))
    return edits


def _apply(probe: str, edits: list[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, replacement in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        pieces.append(probe[position:start])
        pieces.append(replacement.replace("\0", probe[start:end]))
        position = end
    pieces.append(probe[position:])
    return "".join(pieces).encode("latin-1").decode("utf-8", "surrogateescape")


def _refusal(placeholder: Placeholder, reason: str) -> InterpolationRefused:
    message = f"the value of {placeholder.text!r} {reason}"
    return InterpolationRefused(message, start=placeholder.start, end=placeholder.end, hint=_RAW_HINT)
