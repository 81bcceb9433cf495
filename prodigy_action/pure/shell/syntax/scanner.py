"""Reads a shell text once, from left to right, and says in which quotes and which word each placeholder stands.

A second opinion beside the syntax tree, which recovers from errors by guessing: what the two do not see alike is
refused (see `shell_witness`). It reads the language of `sh` and of bash together and gives up on what it does not
know. Text is one character per byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from prodigy_action.pure.shell.syntax.commands import DECLARATIONS, mark_stand_ins
from prodigy_action.pure.shell.syntax.compounds import CompoundScanner
from prodigy_action.pure.shell.syntax.cursor import ScanFailed
from prodigy_action.pure.shell.syntax.nodes import Frame, Quoting, Role, ShellCommand

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[.*\])?\+?=", re.DOTALL)
_REDIRECT = re.compile(r"(?:[0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\})?(<<<|<<-|<<|<>|<&|<(?!\()|&>>|&>|>>|>\||>&|>(?!\())")
_RESERVED = re.compile(
    r"[a-z]+(?=[ \t\n;&|()<>]|\Z)|\{(?=[ \t\n(<>;&|])|\}(?=[ \t\n;&|)<>]|\Z)|!(?=[ \t\n])|\[\[(?=[ \t\n])"
)

_OPENERS = frozenset({"if", "while", "until", "{", "for", "select"})
_CLOSERS = frozenset({"fi", "done", "}"})
_OTHERS = frozenset({"then", "else", "elif", "do", "!", "time", "coproc", "case", "esac", "function", "[["})


class ShellScanner(CompoundScanner):
    """One pass over one text; after `scan`, `sites` holds every placeholder that was met."""

    def scan(self) -> None:
        """Read the text to its end; raises `ScanFailed` where it is not understood."""
        self.read_commands("")

    def read_commands(self, closing: str, *, in_case: bool = False) -> None:
        """Read commands up to `closing` (consumed), a case terminator (not consumed) or the end of the region."""
        outer_pending, self._pending = self._pending, []
        start = statement = self.position
        depth = 0
        command = self._new_command()
        while True:
            self.skip_blanks()
            character = self.peek()
            if character == "":
                if closing or in_case:
                    raise self.failure(f"{closing or 'esac'!r} is missing")
                break
            if character == closing:
                self.position += 1
                break
            if character == "\n":
                self.position += 1
                self._read_bodies()
                command = self._new_command()
                statement = statement if depth else self.position
            elif character == "#":
                self._comment()
            elif (redirect := _REDIRECT.match(self.text, self.position, self.limit)) and (
                character in "<>&" or self.text[redirect.start() : redirect.start(1)]
            ):
                self._redirect(command, redirect)
            elif character in ";&|":
                if in_case and self.looking_at(";;", ";&"):
                    break
                piped = self._operator(command)
                if not piped and not depth:
                    statement = self.position
                command = self._new_command(statement if piped else None)
            elif character == "(":
                command = self._parenthesis(command)
            elif character == ")":
                raise self.failure("')' without '('")
            else:
                word_start = self.position
                begun = command.words or command.assignments or command.redirects
                reserved = "" if begun else self._reserved_word()
                if in_case and reserved == "esac" and depth == 0:
                    break
                if not reserved:
                    self._simple_word(command)
                    continue
                self.position = word_start + len(reserved)
                depth += (reserved in _OPENERS) - (reserved in _CLOSERS)
                if depth < 0:
                    raise self.failure(f"{reserved!r} ends nothing")
                self._compound(reserved)
                command = self._new_command(command.piped_from)
        if self._pending or (outer_pending and "\n" in self.text[start : self.position]):
            raise self.failure("a here-document without its text")
        self._pending = outer_pending

    def _read_case_branch(self) -> None:
        self.read_commands("", in_case=True)

    def _operator(self, command: ShellCommand) -> bool:
        for operator in ("&&", "||", "|&", ";;&", ";;", ";&", "|", "&", ";"):
            if self.looking_at(operator):
                self.position += len(operator)
                command.last_in_pipeline = operator not in ("|", "|&")
                return not command.last_in_pipeline
        raise self.failure("an unknown operator")

    def _reserved_word(self) -> str:
        match = _RESERVED.match(self.text, self.position, self.limit)
        word = match.group() if match else ""
        return word if word in _OPENERS or word in _CLOSERS or word in _OTHERS else ""

    def _simple_word(self, command: ShellCommand) -> None:
        role = Role.ARGUMENT if command.words else Role.COMMAND
        may_assign = not command.words or command.words[0].text in DECLARATIONS
        word = self.read_word(command, role, may_assign=may_assign)
        if not command.words and _ASSIGNMENT.match(word.text):
            word.role = Role.ASSIGNMENT
            command.assignments.append(word)
        else:
            command.words.append(word)

    def _parenthesis(self, command: ShellCommand) -> ShellCommand:
        if len(command.words) == 1 and not command.assignments and not command.redirects:
            self.functions[command.words[0].text] = self.position
            self._function_parentheses()
        elif command.words or command.assignments or command.redirects:
            raise self.failure("'(' after a word")
        elif self.looking_at("(("):
            self.position += 2
            with self.inside(Frame(Quoting.ARITHMETIC)):
                self.read_arithmetic("))")
        else:
            self.position += 1
            self.read_commands(")")
        return self._new_command(command.piped_from)


def scan_shell(text: str, tokens: Mapping[int, int]) -> ShellScanner:
    """Scan `text` with placeholders at `tokens` (start → end); raises `ScanFailed` where it is not understood."""
    scanner = ShellScanner(text, tokens)
    scanner.scan()
    mark_stand_ins(scanner.commands)
    return scanner


@lru_cache(maxsize=64)
def scan_code(text: str) -> ShellScanner | None:
    """A text without placeholders, scanned; `None` when it is not understood."""
    try:
        return scan_shell(text, {})
    except ScanFailed:
        return None
