"""How far values spread in a script: over-approximated, without regard to the order in which commands run.

Every variable, parameter, pipe and file of the script that a value may get into is noted with the value it may hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prodigy_action.pure.shell.flows.programs import ALWAYS, CONTENT, COUNTERS, FILTERS, QUIET_READERS, SILENT
from prodigy_action.pure.shell.safety.substitutions import prints_no_line
from prodigy_action.pure.shell.syntax.commands import DECLARATIONS, VARIABLE
from prodigy_action.pure.shell.syntax.nodes import Frame, Occurrence, Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ShellReading
from prodigy_action.pure.shell.syntax.tree import SUBSTITUTIONS, Quoting
from prodigy_action.pure.shell.syntax.word_walker import INDIRECT

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEAD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]*\])?\+?=")
_WRITES = frozenset({">", ">>", ">|", "&>", "&>>", "<>"})
_NOWHERE = frozenset({"/dev/null", "/dev/stderr", "/dev/tty"})
_STDIN = re.compile(r"/dev/(?:stdin|fd/.*)|/proc/.*/fd/.*|-")
_EVERYTHING = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A value: how the text says it, and where; offsets in bytes."""

    text: str
    start: int
    end: int


@dataclass(slots=True)
class Inherited:
    """What a script is started with: variables, parameters, an input and files that may hold values."""

    variables: Mapping[str, Source] = field(default_factory=dict)
    parameters: Source | None = None
    fed: Source | None = None
    written: Mapping[str | None, Source] = field(default_factory=dict)
    interpreter: str = "bash"


class Spread:
    """The variables, words and inputs of one script that values may get into."""

    def __init__(
        self, reading: ShellReading, sources: Sequence[tuple[Source, Occurrence]], inherited: Inherited
    ) -> None:
        self.reading = reading
        self._sources = sources
        self.variables: dict[str, Source] = dict(inherited.variables)
        self.fed: Source | None = inherited.fed
        self._splits = inherited.interpreter == "sh"
        self.parameters: dict[str, dict[int, Source]] = {}
        if inherited.parameters is not None:
            self.parameters[""] = {_EVERYTHING: inherited.parameters}
        self.words: dict[int, Source] = {}
        self.fed_commands: dict[int, Source] = {}
        self.written: dict[str | None, Source] = dict(inherited.written)
        self.counted: dict[int, tuple[int, Source]] = {}
        self.dynamic_names: dict[int, tuple[ShellWord, Source]] = {}
        self.from_process: set[str] = set()
        self.anything: Source | None = None
        self._functions: dict[str, Source] = {}
        self._changed = False
        self._shifts = re.search(r"\bshift\b", reading.text) is not None
        self._exports = re.search(r"\b(?:export|declare|typeset)\s+-\w*f", reading.text) is not None
        self.literals = _assigned_literals(reading)
        self._references = _references(reading)
        self._groups = [command for command in reading.commands if not command.words and command.redirects]
        self._consumers = [command for command in reading.commands if command.piped_from is not None]

    def complete(self) -> None:
        """Follow all values until nothing new is reached."""
        waiting = self.reading.expansions
        walked: set[int] = set()
        for source, occurrence in self._sources:
            self._walk(occurrence.frames, source, occurrence.start, occurrence.end)
        self._changed = True
        while self._changed:
            self._changed = False
            waiting = waiting[::-1]  # most chains of variables are followed in two rounds, whatever their order
            for each in waiting:
                name, occurrence = each
                found = self.value_of(name, occurrence.start)
                if found is not None:
                    self._walk(occurrence.frames, found, occurrence.start, occurrence.end)
                    walked.add(id(each))
            waiting = [each for each in waiting if id(each) not in walked]
            for name, loop in self.reading.loops.items():
                for own in self.parameters.values() if not loop else ():
                    self._assign(name, next(iter(own.values())))
            for command in self.reading.commands:
                self._inputs(command)
                found = self._output(command)
                if found is not None:
                    frames = (*command.frames, Frame(Quoting.WORD, command, None))
                    self._walk(frames, found, command.start, command.start + 1, itself=True)

    @property
    def any_source(self) -> Source | None:
        """Some value of the script; None when none is in it."""
        for found in (*self.variables.values(), *self.words.values(), *(source for source, _ in self._sources)):
            return found
        return self.fed or next((each for own in self.parameters.values() for each in own.values()), None)

    def value_of(self, name: str, at: int) -> Source | None:
        """The value that an expansion of `name` at an offset may give."""
        if name in ("@", "*") or name.isdecimal():
            own = self.parameters.get(self._function_at(at), {})
            if not name.isdecimal() or self._shifts:
                return next(iter(own.values()), None)
            return own.get(int(name)) or own.get(_EVERYTHING)
        if name in ALWAYS or name == INDIRECT:
            return self.any_source
        return self.variables.get(name) or self.anything

    def names(self, word: ShellWord) -> set[str]:
        """The commands that a word in the place of a name may call, without directories."""
        if word.literal is not None:
            return {word.literal.rpartition("/")[2], word.literal}
        found = {word.stands_for} if word.stands_for else set()
        for name in VARIABLE.findall(word.text):
            for text in self.literals.get(name, ()):
                found |= {each.rpartition("/")[2] for each in text.split()[:3]}
        return found

    def _function_at(self, at: int) -> str:
        inside = [(start, name) for name, (start, end) in self.reading.bodies.items() if start <= at < end]
        return max(inside)[1] if inside else ""

    def _walk(self, frames: Sequence[Frame], source: Source, start: int, end: int, *, itself: bool = False) -> None:
        """Note a value at the innermost of `frames`, and wherever the layers around let it out."""
        for name, (begin, stop) in self.reading.bodies.items():
            if begin <= start < stop:
                self._put(self._functions, name, source)
        command: ShellCommand | None = None
        word: ShellWord | None = None
        crossed = False
        for frame in reversed(frames):
            if frame.quoting in SUBSTITUTIONS:
                if (command is not None or word is not None) and not self._escapes(command, word, itself=itself):
                    return
                command = word = None
                itself, crossed = False, frame.quoting is Quoting.PROCESS
            elif frame.quoting in (Quoting.ARITHMETIC, Quoting.INDEX):
                self._put(self.counted, start, (end, source))
            elif frame.heredoc is not None:
                self._feed(frame.heredoc.command, source)
                command, word = frame.heredoc.command, None
                itself = True
            elif frame.word is not None or frame.command is not None:
                if frame.word is not None:
                    self._note(frame.word, frame.command, source, from_process=crossed)
                elif frame.command is not None:
                    self._prints(frame.command, source)
                command, word = frame.command, frame.word
            if frame.variable:
                self._assign(frame.variable, source)

    def _escapes(self, command: ShellCommand | None, word: ShellWord | None, *, itself: bool) -> bool:
        """Whether a value in a command of a substitution may be in what the substitution gives."""
        if command is None or (word is not None and word.role is Role.ASSIGNMENT):
            return False
        if word is not None and word.role is Role.REDIRECT and word.operator != "<<<":
            return word.operator == "<" and "<(" in word.text
        names = self.names(command.words[0]) if command.words else set()
        if names & (SILENT | COUNTERS) and not self._names_file(command, word):
            return False
        if names & CONTENT and not itself and word is not None and word.role is not Role.REDIRECT:
            return False
        if prints_no_line(command, names):
            return False
        return not any(self._counts(each) for each in self._readers_of(command))

    def _names_file(self, command: ShellCommand, word: ShellWord | None) -> bool:
        """Whether a program that counts prints the name of the file `word` beside its number."""
        is_counter = bool(command.words and self.names(command.words[0]) & COUNTERS)
        return is_counter and word is not None and word.role in (Role.ARGUMENT, Role.COMMAND)

    def _counts(self, command: ShellCommand) -> bool:
        names = self.names(command.words[0]) if command.words else set()
        return bool(names & COUNTERS) or prints_no_line(command, names)

    def _readers_of(self, command: ShellCommand) -> Iterator[ShellCommand]:
        """The commands behind the pipes that `command` prints into, in their order."""
        for each in self._consumers:
            first = command.start if each.piped_from is None else each.piped_from
            if first <= command.start < each.start and each.frames == command.frames:
                yield each

    def _note(self, word: ShellWord, command: ShellCommand | None, source: Source, *, from_process: bool) -> None:
        self._put(self.words, id(word), source)
        if word.role is Role.ASSIGNMENT:
            name = re.split(r"[\[+=]", word.text, maxsplit=1)[0]
            if from_process or "<(" in word.text:
                self.from_process.add(name)
            self._assign(name, source)
        elif word.role is Role.LOOP:
            for name, words in self.reading.loops.items():
                if word in words:
                    self._assign(name, source)
        elif word.role is Role.REDIRECT:
            if command is not None and (word.operator == "<<<" or from_process):
                self._feed(command, source)
        elif word.role is Role.CONDITION:
            self._assign("BASH_REMATCH", source)
            if word.arithmetic:
                self._put(self.counted, word.start, (word.end, source))
        elif command is not None:
            self._argument(command, word, source)

    def _argument(self, command: ShellCommand, word: ShellWord, source: Source) -> None:
        words = stripped(command.words)
        names = self.names(words[0]) if words else set()
        if names & DECLARATIONS and word in words[1:]:
            self._declared(word, source)
        if "set" in names and word in words[1:]:
            self._call(self._function_at(command.start), _EVERYTHING, source)
        for name in names & self.reading.functions.keys():
            if word in words[1:]:
                index = words.index(word)
                loose = any(each.dynamic and each.text[:1] not in "\"'" for each in words[1 : index + 1])
                self._call(name, _EVERYTHING if loose else index, source)
        if self._exports:
            for name in self.reading.functions:
                self._call(name, _EVERYTHING, source)
        if "printf" in names and len(words) > 2 and (words[1].literal or "").startswith("-v"):
            attached = (words[1].literal or "")[2:]
            named = attached or words[2].literal
            if named is None:
                self._put(self.dynamic_names, id(words[2]), (words[2], source))
            else:
                self._assign(named.partition("[")[0], source)
        if names & SILENT or (names & CONTENT and word.role is Role.ARGUMENT):
            return
        self._prints(command, source)

    def _declared(self, word: ShellWord, source: Source) -> None:
        bare = re.sub("[\"']", "", word.text)
        head = _HEAD.match(bare)
        if head is not None:
            self._assign(head[1], source)
            if self._splits and not word.valued and "=$" in word.text:
                self._put(self.dynamic_names, id(word), (word, source))  # sh splits it into further names
        elif not word.text.startswith("-"):
            self._put(self.dynamic_names, id(word), (word, source))

    def _call(self, function: str, index: int, source: Source) -> None:
        self._put(self.parameters.setdefault(function, {}), index, source)

    def _assign(self, name: str, source: Source) -> None:
        self._put(self.variables, name, source)
        if name in self._references and self.anything is None:
            self.anything, self._changed = source, True

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
                elif _NAME.fullmatch(word.literal.partition("[")[0]):
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

    def _put(self, table: dict, key: object, value: object) -> None:  # type: ignore[type-arg]  # one of several tables
        if key not in table:
            table[key] = value
            self._changed = True


def stripped(words: list[ShellWord]) -> list[ShellWord]:
    """The words of a command without `command`, `builtin` and `exec` and their options."""
    while words and words[0].literal in ("command", "builtin", "exec"):
        is_exec, words = words[0].literal == "exec", words[1:]
        while words and (words[0].literal or "").startswith("-"):
            takes = is_exec and re.fullmatch("-[cl]*a", words[0].literal or "") is not None
            words = words[2:] if takes else words[1:]
    return words


def _file(word: ShellWord) -> str | None:
    """The name of a file, the same for `./a` and `a`; None when it is not literal."""
    return None if word.literal is None else word.literal.removeprefix("./").removeprefix("$PWD/")


def _assigned_literals(reading: ShellReading) -> dict[str, list[str]]:
    """The texts that variables are literally assigned."""
    found: dict[str, list[str]] = {}
    for command in reading.commands:
        for word in (*command.assignments, *command.words[1:]):
            head = _HEAD.match(word.text)
            if head is not None:
                value = word.value if word.literal is not None else None
                text = value.partition("=")[2] if value else word.text[head.end() :]
                found.setdefault(head[1], []).append(re.sub("[()\"']", " ", text))
    for name, words in reading.loops.items():
        found.setdefault(name, []).extend(word.literal for word in words if word.literal is not None)
    return found


def _references(reading: ShellReading) -> set[str]:
    """The names that `declare -n` makes stand for other variables."""
    found: set[str] = set()
    for command in reading.commands:
        words = stripped(command.words)
        declares = bool(words) and words[0].literal in DECLARATIONS - {"export"}
        if declares and any(re.fullmatch(r"-\w*n\w*", word.literal or "") for word in words[1:]):
            found |= {match[0] for word in words[1:] if (match := _NAME.match(word.text)) is not None}
    return found
