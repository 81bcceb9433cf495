"""Where values flow between the commands of a script: through pipes, inputs, outputs and files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prodigy_action.pure.shell.flows.holders import NAME, Holders, Inherited, Source
from prodigy_action.pure.shell.flows.programs import CONTENT, COUNTERS, FILTERS, QUIET_READERS
from prodigy_action.pure.shell.flows.words import stripped
from prodigy_action.pure.shell.safety.substitutions import prints_no_line
from prodigy_action.pure.shell.syntax.nodes import Occurrence, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ShellReading

_WRITES = frozenset({">", ">>", ">|", "&>", "&>>", "<>"})
_NOWHERE = frozenset({"/dev/null", "/dev/stderr", "/dev/tty"})
_STDIN = re.compile(r"/dev/(?:stdin|fd/.*)|/proc/.*/fd/.*|-")


class Streams(Holders):
    """The inputs, outputs and files of one script that values may get into."""

    def __init__(
        self, reading: ShellReading, sources: Sequence[tuple[Source, Occurrence]], inherited: Inherited
    ) -> None:
        super().__init__(reading, sources, inherited)
        self._groups = [command for command in reading.commands if not command.words and command.redirects]
        self._consumers = [command for command in reading.commands if command.piped_from is not None]

    def _counts(self, command: ShellCommand) -> bool:
        names = self.names(command.words[0]) if command.words else set()
        return bool(names & COUNTERS) or prints_no_line(command, names)

    def _readers_of(self, command: ShellCommand) -> Iterator[ShellCommand]:
        """The commands behind the pipes that `command` prints into, in their order."""
        for each in self._consumers:
            first = command.start if each.piped_from is None else each.piped_from
            if first <= command.start < each.start and each.frames == command.frames:
                yield each

    def _prints(self, command: ShellCommand, source: Source) -> None:
        """Note where the output of a command goes: to files, to readers."""
        self._writes(command, source)
        for group in self._groups:
            self._writes(group, source)
        for reader in self._readers_of(command):
            if self._counts(reader):
                return
            self._feed(reader, source)

    def _writes(self, command: ShellCommand, source: Source) -> None:
        for redirect in command.redirects:
            if redirect.operator in _WRITES and redirect.literal not in _NOWHERE:
                self._put(self.written, _file(redirect), source)
            if ">(" in redirect.text or redirect.operator in (">&", "<&"):
                self._feed_all(source)

    def _feed(self, command: ShellCommand, source: Source) -> None:
        """Note that a command reads a value from its standard input."""
        self._put(self.fed_commands, id(command), source)
        words = stripped(command.words)
        names = self.names(words[0]) if words else set()
        if names & FILTERS:
            self._writes(command, source)
            if "tee" in names:
                for word in words[1:]:
                    self._put(self.written, _file(word), source)
            return
        if not names & QUIET_READERS:
            self._feed_all(source)

    def _feed_all(self, source: Source) -> None:
        if self.fed is None:
            self.fed, self._changed = source, True

    def _inputs(self, command: ShellCommand) -> None:
        """The variables that a command reads from its input."""
        words = stripped(command.words)
        names = self.names(words[0]) if words else set()
        source = self.fed_commands.get(id(command)) or self.fed or self._file_read(command)
        if source is None:
            return
        if not words and command.redirects and self._file_read(command) is not None:
            self._feed_all(source)
        if names & {"read", "mapfile", "readarray"}:
            for word in words[1:]:
                if word.literal is None:
                    self._put(self.dynamic_names, id(word), (word, source))
                elif NAME.fullmatch(word.literal.partition("[")[0]):
                    self._assign(word.literal.partition("[")[0], source)
            self._assign("REPLY", source)
            self._assign("MAPFILE", source)
        for name, loop in self.reading.loops.items():
            if not loop:
                self._assign(name, source)

    def _output(self, command: ShellCommand) -> Source | None:
        """A value that a command prints although none is among its arguments."""
        words = stripped(command.words)
        names = self.names(words[0]) if words else set()
        for name in names & self._functions.keys():
            return self._functions[name]
        if not words:
            return self._file_read(command) if command.redirects else None
        if names & FILTERS:
            found = self._file_read(command) or self.fed_commands.get(id(command))
            return found or (self.fed if self._reads_input(words, names) else None)
        return self._file_read(command) if self.written else None

    def _reads_input(self, words: list[ShellWord], names: set[str]) -> bool:
        operands = [word for word in words[1:] if not (word.literal or "").startswith("-") or word.literal == "-"]
        allowed = 1 if names & (FILTERS - CONTENT | {"tr"}) else 0
        return len(operands) <= allowed + ("tr" in names) or any(_STDIN.fullmatch(w.literal or "") for w in operands)

    def _file_read(self, command: ShellCommand) -> Source | None:
        """A value in a file that a command reads, if the script itself wrote one."""
        for word in command.redirects:
            if word.operator in ("<", "<>"):
                if self.fed is not None and _STDIN.fullmatch(word.literal or ""):
                    return self.fed
                if (found := self.in_file(word)) is not None:
                    return found
        for word in command.words[1:]:
            if word.literal is not None and _file(word) in self.written:
                return self.written[_file(word)]
            if word.literal is None and None in self.written and self.names(command.words[0]) & FILTERS:
                return self.written[None]
        return None

    def in_file(self, word: ShellWord) -> Source | None:
        """A value in the file that a word names, if the script itself may have written it there."""
        if word.literal is not None:
            return self.written.get(_file(word))
        return self.written.get(None) or self.written.get(word.text)


def _file(word: ShellWord) -> str | None:
    """The name of a file, the same for `./a` and `a`; None when it is not literal."""
    return None if word.literal is None else word.literal.removeprefix("./").removeprefix("$PWD/")
