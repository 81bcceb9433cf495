"""The places of a script that run, or evaluate, something that is not literal, and the values that may get there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from prodigy_action.pure.shell.flows import programs as known
from prodigy_action.pure.shell.flows.holders import NAME, Inherited, Source
from prodigy_action.pure.shell.flows.program_sinks import COMMAND, Flow, ProgramSinks
from prodigy_action.pure.shell.flows.spread import Spread
from prodigy_action.pure.shell.flows.words import inner_commands, is_pasted, reads_command, stripped, takes_code_option
from prodigy_action.pure.shell.safety.special_names import COUNTING_VARIABLES, is_code_variable, is_loader_variable
from prodigy_action.pure.shell.syntax.commands import (
    CODE_COMMANDS,
    DECLARATIONS,
    NAME_COMMANDS,
    SHELLS,
    VARIABLE,
    is_shell,
    shell_operand,
)
from prodigy_action.pure.shell.syntax.nodes import ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ShellReading
from prodigy_action.pure.shell.syntax.walker import read_code
from prodigy_action.pure.shell.syntax.wrappers import WRAPPERS

_SUBSCRIPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[([^\]]*)\]")
_ALL_ARGUMENTS = re.compile(r'"?\$(?:[@*]|\{[@*](?::[^}]*)?\})"?')
_ARRAY = re.compile(r'"?\$\{([A-Za-z_][A-Za-z0-9_]*)\[[@*]\](?::[^}]*)?\}"?')
_INPUT_FILE = re.compile(r"-|/dev/stdin|/dev/fd/.*|/proc/.*/fd/.*")
_DEEPEST_CODE = 7
"""So many shells within one another are followed; what is given to one further inside is warned of."""
_DEEPEST_COMMAND = 24
"""So many programs that run one another are followed, and so on."""
_TOO_DEEP = "too deep inside to be followed"
_Values: TypeAlias = frozenset[tuple[str | None, Source]]
_Given: TypeAlias = tuple[str, int, _Values, _Values, Source | None, Source | None]
"""A code, how deep it stands, and the variables, the files, the parameters and the input that it is started with."""


class Sinks(ProgramSinks):
    """The flows of one script, whose values have spread."""

    def __init__(self, spread: Spread, depth: int = 0, judged: dict[_Given, Source | None] | None = None) -> None:
        super().__init__(spread)
        self._depth = depth
        self._judged = {} if judged is None else judged
        self._seen: set[tuple[int, ...]] = set()

    def flows(self) -> Iterator[Flow]:
        """Every flow, in no order."""
        yield from self._arithmetic()
        for name, source in self._spread.variables.items():
            is_special = is_code_variable(name) or name in COUNTING_VARIABLES or is_loader_variable(name)
            if is_special and name not in known.ALWAYS:
                yield self._at_name(name, source, f"the variable {name!r} means something to a shell or to programs")
        for name in self._reading.dereferenced:
            if (found := self._value(name)) is not None:
                yield self._at_name(name, found, "its text is read as the name of a variable")
        for word, source in self._spread.dynamic_names.values():
            yield Flow(source, word.start, word.end, "a variable is assigned whose name is not literal")
        for command in self._reading.commands:
            if command.words:
                yield from self._words(command, command.words)

    def _at_name(self, name: str, source: Source, what: str) -> Flow:
        match = re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", self._reading.text)
        start, end = match.span() if match is not None else (0, 1)
        return Flow(source, start, end, what)

    def _arithmetic(self) -> Iterator[Flow]:
        what = "arithmetic evaluates it"
        for start, (end, source) in self._spread.counted.items():
            yield Flow(source, start, end, what)
        for name in self._counted():
            known_value = self._value(name) if name in known.ALWAYS else self._spread.variables.get(name)
            if (found := known_value or self._spread.anything) is not None:
                place = self._reading.counted_at.get(name)
                yield self._at_name(name, found, what) if place is None else Flow(found, place, place + len(name), what)

    def _counted(self) -> set[str]:
        """The names that arithmetic reads, also through the texts of other variables."""
        names = set(self._reading.counted)
        for command in self._reading.commands:
            words = stripped(command.words)
            called = self._spread.names(words[0]) if words else set()
            literals = "".join(word.literal or "" for word in words[1:] if (word.literal or "")[:1] in "-+")
            if "let" in called or (called & DECLARATIONS and "i" in literals):
                names.update(each for word in words[1:] for each in NAME.findall(word.text))
            if called & (DECLARATIONS | NAME_COMMANDS | {"printf", "test", "[", "[[", "let"}):
                inside = [match for word in words[1:] for match in _SUBSCRIPT.findall(word.text)]
                names.update(each for text in inside for each in NAME.findall(text))
        waiting = set(names)
        while waiting:
            found = {each for text in self._spread.literals.get(waiting.pop(), ()) for each in NAME.findall(text)}
            waiting |= found - names
            names |= found
        return names

    def _words(
        self, command: ShellCommand, words: list[ShellWord], depth: int = 0, arrays: frozenset[str] = frozenset()
    ) -> Iterator[Flow]:
        """The flows of one command, as if it were `words`; `arrays` are the names of those that it is made of."""
        words = stripped(words)
        same = (id(command), *map(id, words))
        if not words or same in self._seen:
            return
        self._seen.add(same)
        if depth > _DEEPEST_COMMAND:
            if (found := self._first(words) or self._fed_to(command)) is not None:
                yield Flow(found, words[0].start, words[-1].end, f"a command in it may run it, {_TOO_DEEP}")
            return
        names = self._spread.names(words[0])
        first = words[0]
        if _ALL_ARGUMENTS.fullmatch(first.text):
            return  # each call is looked at with its arguments
        if (array := _ARRAY.fullmatch(first.text)) is not None:
            assigned = list(self._assignments(array[1]))
            for word in assigned if array[1] not in arrays else ():
                others = [each for other in assigned if other is not word for each in other.elements]
                yield from self._words(command, [*word.elements, *others, *words[1:]], depth + 1, arrays | {array[1]})
            return
        if (found := self._tainted(first)) is not None and first.text not in ("[[", "let"):
            yield Flow(found, first.start, first.end, "it decides which command runs", COMMAND)
        is_path = "/" in first.text or first.dynamic
        if is_path and (found := self._spread.in_file(first)) is not None:
            yield Flow(found, first.start, first.end, "the script itself wrote the value into that file")
        if self._is_called_with_command(names):
            yield from self._words(command, words[1:], depth + 1)
        if "set" in names:
            operands = [word for word in words[1:] if word.literal != "--"]
            if any(_ARGUMENTS.match(each.text) for command in self._reading.commands for each in self._run_by(command)):
                yield from self._words(command, operands, depth + 1)
        yield from self._builtins(command, words, names)
        yield from self._shells(command, words, names)
        yield from self._programs(command, words, names)
        fed = self._fed_to(command)
        if fed is not None and reads_command(words, names):
            yield Flow(fed, words[0].start, words[0].end, "it decides which command runs", COMMAND)
        for inner in inner_commands(words, names):
            yield from self._words(command, inner, depth + 1)
        if "find" in names:
            for index, word in enumerate(words):
                if word.literal in ("-exec", "-execdir", "-ok", "-okdir"):
                    yield from self._words(command, words[index + 1 :], depth + 1)

    def _fed_to(self, command: ShellCommand) -> Source | None:
        """A value that the standard input of a command may hold."""
        return self._spread.fed_commands.get(id(command)) or self._spread.fed

    def _assignments(self, name: str) -> Iterator[ShellWord]:
        for command in self._reading.commands:
            for word in (*command.assignments, *command.words):
                if re.match(rf"{name}\+?=", word.text):
                    yield word

    def _is_called_with_command(self, names: set[str]) -> bool:
        """Whether a function of the script runs its arguments as a command."""
        for name in names & self._reading.bodies.keys():
            start, end = self._reading.bodies[name]
            for command in self._reading.commands:
                inside = start <= command.start < end
                if inside and any(_ALL_ARGUMENTS.fullmatch(word.text) for word in self._run_by(command)):
                    return True
        return False

    def _run_by(self, command: ShellCommand) -> list[ShellWord]:
        """The words of a command that are names of commands: its first one, and that of a command that it runs."""
        words = stripped(command.words)
        inner = inner_commands(words, self._spread.names(words[0])) if words else ()
        return [*words[:1], *(each[0] for each in inner)]

    def _builtins(self, command: ShellCommand, words: list[ShellWord], names: set[str]) -> Iterator[Flow]:
        arguments = words[1:]
        for name in sorted(names & (CODE_COMMANDS | NAME_COMMANDS)):
            yield from self._builtin(command, words, name)
        if "let" in names and (found := self._first(arguments)) is not None:
            yield Flow(found, words[0].start, words[-1].end, "arithmetic evaluates it")
        for before, word in pairwise(arguments):
            if names & {"test", "[", "[["} and before.literal in ("-v", "-R") and (found := self._tainted(word)):
                yield Flow(found, word.start, word.end, "a test reads it as a name")

    def _builtin(self, command: ShellCommand, words: list[ShellWord], name: str) -> Iterator[Flow]:
        arguments = words[1:]
        tainted = next((word for word in arguments if self._tainted(word) is not None), None)
        if tainted is not None and (found := self._tainted(tainted)) is not None:
            what = f"{name!r} evaluates it" if name in CODE_COMMANDS else f"{name!r} reads it as a name"
            yield Flow(found, words[0].start, tainted.end, what)
        elif name in ("eval", "trap") and arguments:
            code = arguments if name == "eval" else [word for word in arguments if word.literal != "--"][:1]
            yield from self._code(command, code, (), f"{name!r} evaluates it")
        elif name in (".", "source") and arguments:
            yield from self._file(command, arguments[0], f"{name!r} runs what is in that file")
        elif (
            name in ("mapfile", "readarray")
            and any((word.literal or "").startswith("-C") for word in arguments)
            and (found := self._spread.fed_commands.get(id(command))) is not None
        ):
            yield Flow(found, words[0].start, words[0].end, "the callback evaluates it")

    def _code(
        self, command: ShellCommand, code: Sequence[ShellWord], arguments: Sequence[ShellWord], what: str
    ) -> Iterator[Flow]:
        """The flows into code that a shell is given, with the words that it has as parameters."""
        if not code:
            return
        start, end = code[0].start, code[-1].end
        if (found := self._first(code)) is not None:
            yield Flow(found, start, end, what)
            return
        given = self._first(arguments)
        texts = [word.literal for word in code]
        if None in texts or any("$'" in word.text for word in code):
            mentioned = {*self._mentions("".join(word.text for word in code))}
            for name in VARIABLE.findall("".join(word.text for word in code)):
                for text in self._spread.literals.get(name, ()):
                    mentioned |= set(self._mentions(text))
            found = given or next((self._value(name) for name in mentioned if self._value(name) is not None), None)
            if found is not None:
                yield Flow(found, start, end, what)
            return
        text = " ".join(filter(None, texts))
        inner = self._read(text)
        if inner is None:
            what = f"{what}, {_TOO_DEEP}" if self._depth >= _DEEPEST_CODE else what
            files = (source for file, source in self._spread.written.items() if file is None or file in text)
            values = (self._value(name) for name in self._mentions(text))
            found = next(files, None)
            if found is None and re.search(r"[^\w .:/-]", text):
                found = given or next(values, None) or self._spread.fed
            if found is not None:
                yield Flow(found, start, end, what)
            return
        own = given or self._own_parameters(code)
        inherited = Inherited(self._spread.variables, own, self._fed_to(command), self._spread.written)
        source = self._source_in(text, inner, inherited)
        if source is not None:
            yield Flow(source, start, end, what)

    def _read(self, code: str) -> ShellReading | None:
        """The code of a shell, read; None when it is not understood, or stands too deep in codes of shells."""
        parsed = self._reading.nested.get(code) if self._depth < _DEEPEST_CODE else None
        return None if parsed is None else read_code(parsed)

    def _source_in(self, code: str, reading: ShellReading, inherited: Inherited) -> Source | None:
        """A value that may run in the code of a shell; looked for once for all places that give it the same."""
        variables, files = frozenset(inherited.variables.items()), frozenset(inherited.written.items())
        given: _Given = (code, self._depth, variables, files, inherited.parameters, inherited.fed)
        if given not in self._judged:
            spread = Spread(reading, (), inherited)
            spread.complete()
            flow = next(Sinks(spread, self._depth + 1, self._judged).flows(), None)
            self._judged[given] = None if flow is None else flow.source
        return self._judged[given]

    def _own_parameters(self, code: Sequence[ShellWord]) -> Source | None:
        """The parameters that code of `eval` and `trap` sees: those of the script."""
        if not code or not re.search(r"\$[@*0-9{]", code[0].text):
            return None
        return next((each for own in self._spread.parameters.values() for each in own.values()), None)

    def _file(self, command: ShellCommand, operand: ShellWord, what: str) -> Iterator[Flow]:
        """The flows into a file that is run."""
        found: Source | None = None
        fed = self._fed_to(command)
        if fed is not None and _INPUT_FILE.search((operand.literal or operand.text).strip("\"'")):
            found = fed
        elif "<(" in operand.text or self._spread.from_process & set(VARIABLE.findall(operand.text)):
            found = self._tainted(operand)
        else:
            found = self._spread.in_file(operand)
        if found is not None:
            yield Flow(found, operand.start, operand.end, what)

    def _shells(self, command: ShellCommand, words: list[ShellWord], names: set[str]) -> Iterator[Flow]:
        for index, word in enumerate(words):
            if not (is_shell(word) or (index == 0 and names & SHELLS)):
                continue
            if index and not (names & (WRAPPERS.keys() | _RUNS) or takes_code_option(words[index + 1 :])):
                continue
            arguments = words[index + 1 :]
            takes_code, operand = shell_operand(arguments)
            takes_code |= takes_code_option(arguments)
            what = "a shell evaluates it"
            if takes_code:
                if operand is not None:
                    given = arguments[arguments.index(operand) + 1 :]
                    feeds = names & {"xargs", "parallel"} and self._fed_to(command)
                    if feeds and is_pasted(words[1:index], operand):
                        yield Flow(feeds, operand.start, operand.end, what)
                    given = [*given, *words[1:index]] if names & {"find"} else given
                    yield from self._code_with(command, operand, given, feeds or None, what)
                return
            reads = operand is None or any(re.fullmatch(r"-\w*s\w*", each.literal or "") for each in arguments)
            if reads or (operand is not None and _INPUT_FILE.fullmatch(operand.literal or "")):
                yield from self._fed(command, word, "a shell reads it as code")
            if operand is not None:
                yield from self._file(command, operand, "a shell runs what is in that file")
            return

    def _code_with(
        self, command: ShellCommand, code: ShellWord, given: list[ShellWord], fed: Source | None, what: str
    ) -> Iterator[Flow]:
        if fed is not None and self._first(given) is None and code.literal is not None:
            inner = self._read(code.literal)
            inherited = Inherited(self._spread.variables, fed, fed, self._spread.written)
            if inner is None or self._source_in(code.literal, inner, inherited) is not None:
                yield Flow(fed, code.start, code.end, what)
            return
        yield from self._code(command, [code], given, what)


_ARGUMENTS = re.compile(r'"?\$\{?[@*1]')
_RUNS = frozenset(["find", "docker", "podman", "kubectl", "ssh", "su", "runuser", "parallel", "watch", "script", "git"])
