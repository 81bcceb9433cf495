"""Programs that run a value, or read it as code of a language of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.flows import programs as known
from prodigy_action.pure.shell.flows.holders import NAME, Source
from prodigy_action.pure.shell.flows.spread import Spread
from prodigy_action.pure.shell.flows.words import behind_colons, git_runs, has_command, names_variable, program_of
from prodigy_action.pure.shell.syntax.nodes import ShellCommand, ShellWord

CODE, LANGUAGE, COMMAND = "possible-code", "nested-interpreter", "value-as-command"
_PROGRAMS = (
    known.CODE_OPTIONS.keys() | known.LANGUAGES.keys() | known.PROGRAMS_FIRST | known.READS_CODE | known.CODE_PROGRAMS
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A value that may get to a place where it runs: `start` to `end` of the place, and what happens there."""

    source: Source
    start: int
    end: int
    what: str
    code: str = CODE


class ProgramSinks:
    """What the values of one script reach in the programs that it calls."""

    def __init__(self, spread: Spread) -> None:
        self._spread = spread
        self._reading = spread.reading

    def _value(self, name: str) -> Source | None:
        return self._spread.value_of(name, len(self._reading.text))

    def _tainted(self, word: ShellWord | None) -> Source | None:
        return None if word is None else self._spread.words.get(id(word))

    def _first(self, words: Sequence[ShellWord]) -> Source | None:
        return next((found for word in words if (found := self._tainted(word)) is not None), None)

    def _mentions(self, text: str) -> Iterator[str]:
        """The variables with values that a text says, or the parameters that it reads."""
        for name in NAME.findall(text):
            if name in self._spread.variables:
                yield name
        if re.search(r"\$[@*1-9]", text) and any(self._spread.parameters.values()):
            yield "@"

    def _fed(self, command: ShellCommand, word: ShellWord, what: str) -> Iterator[Flow]:
        """The flows from the standard input of a command that reads code there."""
        found = self._spread.fed_commands.get(id(command))
        has_own = any(each.operator in ("<", "<<<") for each in command.redirects) or command.reads_heredoc
        if found is None and not has_own and command.piped_from is None:
            found = self._spread.fed
        if found is None:
            for redirect in command.redirects:
                if redirect.operator == "<":
                    found = found or self._spread.in_file(redirect)
                for name in self._mentions(redirect.text if redirect.operator == "<<<" else ""):
                    found = found or self._value(name)
            for heredoc in self._reading.heredocs:
                if heredoc.command is command:
                    body = self._reading.text[heredoc.body.start : heredoc.body.closing_start]
                    found = found or next((self._value(name) for name in self._mentions(body)), None)
        if found is not None:
            yield Flow(found, word.start, word.end, what)

    def _programs(self, command: ShellCommand, words: list[ShellWord], names: set[str]) -> Iterator[Flow]:
        called = sorted(names & _PROGRAMS)
        if not called:
            yield from self._unknown(words, names)
        for name in called:
            yield from self._program(command, words, name)

    def _program(self, command: ShellCommand, words: list[ShellWord], name: str) -> Iterator[Flow]:
        arguments = words[1:]
        options = known.CODE_OPTIONS.get(name) or known.LANGUAGES.get(name)
        kind = LANGUAGE if name in known.LANGUAGES or name in known.PROGRAMS_FIRST or name == "ssh" else CODE
        what = f"{name!r} runs it, or reads it as code"
        for index, word in enumerate(arguments):
            found = self._spread.words.get(id(word))
            if found is not None and _is_code(name, arguments, index, options):
                yield Flow(found, word.start, word.end, what, kind)
        anything = self._first(arguments) or self._spread.fed_commands.get(id(command))
        if anything is not None and name in known.LANGUAGES.keys() | known.PROGRAMS_FIRST - {"jq", "yq", "sed"}:
            runs_file = name in known.RUN_FILES and re.match(r"[^-]", arguments[0].literal or "") is not None
            for word in () if runs_file else arguments:
                if known.EXECUTES.search(word.literal or ""):
                    yield Flow(anything, word.start, word.end, f"the program of {name!r} runs something", kind)
                    return
        if name in known.READS_CODE and self._is_fed_as_code(name, arguments, options):
            yield from self._fed(command, words[0], f"{name!r} reads it as code")
        if name in known.MAKES | {"awk", "sed", "gawk"} and any(
            word.literal == "-" and before.literal in ("-f", "--file") for before, word in pairwise(arguments)
        ):
            yield from self._fed(command, words[0], f"{name!r} reads it as code")

    def _is_fed_as_code(self, name: str, arguments: list[ShellWord], options: re.Pattern[str] | None) -> bool:
        operands = [word for word in arguments if not (word.literal or "").startswith("-")]
        if name in ("su", "script", "sg", "newgrp", "unshare", "nsenter"):
            return not any(options is not None and options.match(word.literal or "") for word in arguments)
        if name in ("chroot", "ssh"):
            return len(operands) < 2
        if name in known.LANGUAGES and name not in ("psql", "mysql"):
            has_code = any(options is not None and options.fullmatch(word.literal or "") for word in arguments)
            return not has_code and (not operands or any(word.literal == "-" for word in arguments))
        return name != "parallel" or not operands

    def _unknown(self, words: list[ShellWord], names: set[str]) -> Iterator[Flow]:
        """`$PROGRAM -c VALUE`: a program that is not known may read code like a shell."""
        if words[0].literal is not None and not words[0].literal.startswith("/proc/"):
            return
        if self._reading.functions.keys() & names or (names and not words[0].text.startswith(('"/proc', "/proc"))):
            return
        for before, word in pairwise(words[1:]):
            if re.fullmatch(r"-\w*[ce]", before.literal or "") and (found := self._tainted(word)) is not None:
                yield Flow(found, word.start, word.end, "a program that is not known may read it as code")


def _is_code(name: str, arguments: list[ShellWord], index: int, options: re.Pattern[str] | None) -> bool:
    """Whether a program runs its argument at `index`, or reads it as code."""
    word = arguments[index]
    bare = re.sub("[\"']", "", word.text)
    before = arguments[index - 1].literal if index else None
    if options is not None:
        if before and options.fullmatch(before):
            return True
        if re.match(f"(?:{options.pattern})(?=[=$a-z]|$)", bare):
            return True
    if name in known.CODE_PROGRAMS or (name == "parallel" and not behind_colons(arguments, index)):
        return True
    if name == "env":
        return not re.match(r"[A-Za-z_]\w*=", bare) and not has_command(arguments[:index])
    if name in known.MAKES:
        return before not in known.DATA_OPTIONS_OF_MAKE and names_variable(bare)
    if name == "git":
        return git_runs([each.literal or "" for each in arguments], index)
    if name in known.PROGRAMS_FIRST:
        return word is program_of(arguments) or before in ("-e", "-E", "-f", "--expression")
    return name == "sqlite3" and index > 0
