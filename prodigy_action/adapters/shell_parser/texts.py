"""Many shell texts in few calls of the parser, with the codes that they give to other shells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prodigy_action.adapters.shell_parser.shfmt import Refused, TooMuch, parse_json
from prodigy_action.adapters.shell_parser.tree_reader import TreeReader
from prodigy_action.adapters.shell_parser.word_reader import Misread, Uncertain
from prodigy_action.pure.shell.safety.nested import literal_codes
from prodigy_action.pure.shell.syntax.tree import ParsedShell, Problem

_LONGEST = 1 << 18
"""Characters of a text that is read."""
_TOGETHER = 1 << 16
"""Characters of the texts that one call reads."""
_REPAIRS = 10
_LEVELS = 8
_UNREAD = re.compile(r"[\r\x80-\xff]")
_PLAIN = "\x7f"
"""Stands for a character that the parser must not read: one that is plain text for a shell."""
_UNCERTAIN_QUOTES = "single quotes inside an expansion, which shells read differently"
_UNCLOSED_QUOTE = "without closing quote `'`"


def parse_with_nested(texts: Sequence[str], known: Mapping[str, ParsedShell]) -> dict[str, ParsedShell]:
    """The trees of texts that are not known, with those of the codes in them, level by level."""
    levels: list[dict[str, ParsedShell]] = []
    waiting = list(texts)
    codes: dict[str, list[str]] = {}
    found: dict[str, ParsedShell] = {}
    while waiting and len(levels) < _LEVELS:
        parsed = {each.text: each for each in _parse_together(waiting)}
        levels.append(parsed)
        found.update(parsed)
        codes.update({text: literal_codes(each) for text, each in parsed.items()})
        waiting = list(
            dict.fromkeys(code for text in parsed for code in codes[text] if code not in found and code not in known)
        )
    deep = "shells in shells, nested too deeply"
    found.update({text: ParsedShell(text, problem=Problem(deep, 0)) for text in waiting})
    complete: dict[str, ParsedShell] = {}
    for text in sorted(found, key=len):  # a code is shorter than the text that it stands in
        each = found[text]
        nested = {code: complete.get(code) or known[code] for code in codes.get(text, ())}
        complete[text] = ParsedShell(text, each.statements, each.comments, each.problem, nested) if nested else each
    return complete


def _parse_together(texts: Sequence[str]) -> list[ParsedShell]:
    """The trees of texts, in few calls; a text that spoils a call is found by halving."""
    groups: list[list[str]] = [[]]
    size = 0
    for text in texts:
        if size + len(text) > _TOGETHER and groups[-1]:
            groups.append([])
            size = 0
        groups[-1].append(text)
        size += len(text)
    return [each for group in groups if group for each in _parse_group(group)]


def _parse_group(texts: Sequence[str]) -> list[ParsedShell]:
    if len(texts) == 1:
        return [_parse_one(texts[0])]
    found = _parse_joined(texts)
    if found is not None:
        return found
    middle = len(texts) // 2
    return [*_parse_group(texts[:middle]), *_parse_group(texts[middle:])]


def _parse_joined(texts: Sequence[str]) -> list[ParsedShell] | None:
    """The trees of texts that are parsed as one, each followed by a separator that no quote and no command swallows."""
    if any("\0" in text for text in texts):
        return None
    separator = "prodigy_end"
    while any(separator in text for text in texts):
        separator += "_"
    joined = "".join(f"{_masked(text)}\n{separator}\n" for text in texts)
    try:
        file = parse_json(joined)
    except (Refused, TooMuch):
        return None
    statements: list[Any] = file.get("Stmts", [])
    results: list[ParsedShell] = []
    base = index = 0
    for text in texts:
        end = base + len(text) + 1
        own = index
        while index < len(statements) and statements[index]["Pos"] < end:
            index += 1
        if index == len(statements) or not _is_separator(statements[index], separator, end):
            return None
        try:
            reader = TreeReader(text, base)
            results.append(_read(reader, statements[own:index], statements[index].get("Comments", ())))
        except Misread:
            results.append(_parse_one(text))
        base = end + len(separator) + 1
        index += 1
    return results


def _is_separator(statement: Any, separator: str, start: int) -> bool:
    """Whether a statement is the separator that stands at `start`, and nothing else."""
    command = statement.get("Cmd", {})
    words = command.get("Args", ())
    return (
        statement.keys() <= {"Pos", "End", "Position", "Comments", "Cmd"}
        and statement["Pos"] == start
        and command.get("Type") == "CallExpr"
        and "Assigns" not in command
        and len(words) == 1
        and [part.get("Value") for part in words[0]["Parts"]] == [separator]
    )


def _parse_one(text: str) -> ParsedShell:
    """One text in calls of its own: the first, and those that take out characters which the parser misreads."""
    if "\0" in text:
        return ParsedShell(text, problem=Problem("a NUL, which no shell can read", text.index("\0")))
    if len(text) > _LONGEST:
        return ParsedShell(text, problem=Problem(f"more than {_LONGEST:,} characters", 0))
    masked = _masked(text)
    taken_out: list[int] = []
    first: Problem | None = None
    while len(taken_out) < _REPAIRS:
        try:
            file = parse_json(masked)
            reader = TreeReader(text, taken_out=taken_out)
            found = _read(reader, file.get("Stmts", ()), file.get("Last", ()))
        except TooMuch:
            return ParsedShell(text, problem=Problem("more than the parser can read", 0))
        except Refused as refused:
            position = _offset(masked, refused)
            first = first or Problem(refused.reason, position, is_syntax=True)
            if _UNCLOSED_QUOTE not in refused.reason or masked[position : position + 1] != "'":
                return ParsedShell(text, problem=first)
        except Misread as misread:
            position = misread.position
        else:
            plain = [*reader.quoted_operands, *reader.comments]
            certain = all(any(span.start <= at < span.end for span in plain) for at in taken_out)
            return found if certain else ParsedShell(text, problem=first or Problem(_UNCERTAIN_QUOTES, taken_out[0]))
        taken_out.append(position)
        masked = f"{masked[:position]}{_PLAIN}{masked[position + 1 :]}"
    return ParsedShell(text, problem=first or Problem(_UNCERTAIN_QUOTES, taken_out[0]))


def _read(reader: TreeReader, statements: Sequence[Any], comments: Sequence[Any]) -> ParsedShell:
    try:
        tree = reader.read(statements, comments)
    except Uncertain as uncertain:
        return ParsedShell(reader.text, problem=Problem(uncertain.reason, uncertain.position))
    except (KeyError, TypeError):  # a node of a shape that is not known
        return ParsedShell(reader.text, problem=Problem("syntax that is not understood", 0))
    return ParsedShell(reader.text, tree, tuple(reader.comments))


def _masked(text: str) -> str:
    """ASCII for the parser, which takes a carriage return for a blank; to a shell it is a character like any other."""
    return _UNREAD.sub(_PLAIN, text)


def _offset(text: str, refused: Refused) -> int:
    start = 0
    for _ in range(refused.line - 1):
        start = text.find("\n", start) + 1
    return min(start + refused.column - 1, max(0, len(text) - 1))
