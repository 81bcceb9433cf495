"""What may hold a value of a script: variables, parameters, words and files, each with the value that it may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.flows.programs import ALWAYS
from prodigy_action.pure.shell.flows.words import stripped
from prodigy_action.pure.shell.syntax.commands import DECLARATIONS, VARIABLE
from prodigy_action.pure.shell.syntax.nodes import Occurrence, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ShellReading
from prodigy_action.pure.shell.syntax.word_walker import INDIRECT

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEAD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]*\])?\+?=")
EVERYTHING = 0
"""The position of a parameter that is not known."""


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


class Holders:
    """The places of one script that may hold values: each keeps the first value that it is found to hold."""

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
            self.parameters[""] = {EVERYTHING: inherited.parameters}
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
            return own.get(int(name)) or own.get(EVERYTHING)
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

    def _put(self, table: dict, key: object, value: object) -> None:  # type: ignore[type-arg]  # one of several tables
        if key not in table:
            table[key] = value
            self._changed = True


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
            found |= {match[0] for word in words[1:] if (match := NAME.match(word.text)) is not None}
    return found
