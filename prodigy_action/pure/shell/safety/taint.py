"""Values that travel: from a placeholder into a variable of the script, and from there to where it is read again.

`n=${item.n}; echo $((n + 1))` runs code in bash as surely as `$((${item.n} + 1))` does. So a value must meet the
conditions of every place that its variables reach. Followed are assignments, loops, `read`, `printf -v`, positional
parameters and functions; not files, and not programs that are not known to print their arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.safety.constraints import Refused, ValueConstraint
from prodigy_action.pure.shell.safety.context_rules import constraints_of, refuse_whole_command
from prodigy_action.pure.shell.safety.nested import NestedCode, nested_codes
from prodigy_action.pure.shell.safety.sinks import refuse_inherited_input
from prodigy_action.pure.shell.safety.special_names import COUNTING_VARIABLES
from prodigy_action.pure.shell.safety.substitutions import SubstitutionHop, passes
from prodigy_action.pure.shell.syntax.commands import DECLARATIONS, command_name, effective_words
from prodigy_action.pure.shell.syntax.nodes import Frame, Occurrence, Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ShellReading
from prodigy_action.pure.shell.syntax.tree import SUBSTITUTIONS, Quoting
from prodigy_action.pure.shell.syntax.word_walker import INDIRECT

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENVIRONMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_READERS = frozenset({"read", "mapfile", "readarray"})
_SHIFTING = re.compile(r"\b(?:shift|while|until|for)\b")
_POSITIONAL = "@"
_ALL = 0


@dataclass(frozen=True, slots=True)
class _Target:
    """A variable that takes a value: a name, or one positional parameter (or all) of a function from `start` on."""

    name: str
    position: int = _ALL
    start: int = 0


class TaintAnalysis:
    """The conditions on values of one scanned text, wherever they travel in it."""

    def __init__(self, reading: ShellReading, interpreter: str) -> None:
        self._reading = reading
        self._interpreter = interpreter
        self._counted = set(reading.counted)
        self._dereferenced = set(reading.dereferenced)
        self._read: set[str] = set()
        self._references: set[str] = set()
        self._integers: set[str] = set(COUNTING_VARIABLES)
        self._nested = list(nested_codes(reading))
        refuse_inherited_input(reading)
        for command in reading.commands:
            self._note_command(command)
        for command in reading.commands:
            for word in command.assignments:
                if re.split(r"[\[+=]", word.text, maxsplit=1)[0] in self._integers:
                    self._counted.update(_NAME.findall(word.text.partition("=")[2]))

    def constraints(self, occurrence: Occurrence) -> frozenset[ValueConstraint]:
        """Every condition on the value at `occurrence`; raises `Refused` when it may reach where none may stand."""
        constraints = constraints_of(occurrence, self._reading, self._interpreter)
        for nested, target in self._given(occurrence):
            constraints |= self._constraints_inside(nested, target)
        return frozenset(constraints | self._follow(self._targets(occurrence)))

    def _given(self, occurrence: Occurrence) -> Iterator[tuple[NestedCode, _Target]]:
        """The codes of shells that a value is given to as an argument, and as which."""
        for nested in self._nested:
            for frame in occurrence.frames:
                if frame.word in nested.arguments:
                    index = nested.arguments.index(frame.word)
                    yield nested, _Target(_POSITIONAL if index else "0")
            fed_from = nested.command.piped_from if nested.is_fed else None
            if fed_from is not None and fed_from <= occurrence.start < nested.command.words[0].start:
                yield nested, _Target(_POSITIONAL)

    def _constraints_inside(self, nested: NestedCode, target: _Target) -> set[ValueConstraint]:
        if nested.reading is None:
            raise Refused(f"is given to code of {nested.shell!r} that cannot be read with certainty")
        try:
            return TaintAnalysis(nested.reading, nested.interpreter)._follow({target})
        except Refused as refused:
            raise Refused(f"is given to code of {nested.shell!r}, where it {refused}") from refused

    def constraints_on(self, name: str) -> frozenset[ValueConstraint]:
        """Every condition on the value that the variable `name` holds when the script starts."""
        constraints = self._follow({_Target(name)}, started=name)
        if self._counted and re.search(rf"(?<![\w${{!#]){name}(?!\w)", self._reading.text):
            constraints.add(ValueConstraint.INTEGER)  # `n=N; $((n))` counts N
        return frozenset(constraints)

    def _follow(self, waiting: set[_Target], *, started: str = "") -> set[ValueConstraint]:
        """The conditions on a value that the variables `waiting` take, wherever they are read."""
        constraints: set[ValueConstraint] = set()
        reached: set[_Target] = set()
        while waiting:
            target = waiting.pop()
            if target in reached:
                continue
            reached.add(target)
            if any(self._reads(name, target, len(self._reading.text)) for name in self._dereferenced):
                raise Refused(f"reaches {_name_of(target)}, whose value is read as a name or as code")
            if target.name != _POSITIONAL:
                for nested in self._nested:
                    constraints |= self._constraints_inside(nested, target)
            else:
                waiting |= {_Target(name) for name, words in self._reading.loops.items() if not words}
            if target.name in self._counted:
                constraints.add(ValueConstraint.INTEGER)
            for name, expansion in self._reading.expansions:
                if not self._reads(name, target, expansion.start):
                    continue
                try:
                    if target.name == started and name == started:
                        refuse_whole_command(expansion)
                    constraints |= constraints_of(expansion, self._reading, self._interpreter)
                except Refused as refused:
                    if target.name == started:
                        raise
                    raise Refused(f"reaches {_name_of(target)}, which {refused}") from refused
                for nested, argument in self._given(expansion):
                    constraints |= self._constraints_inside(nested, argument)
                waiting |= self._targets(expansion)
        return constraints

    def _reads(self, name: str, target: _Target, at: int) -> bool:
        """Whether an expansion of `name` at an offset may give what `target` took."""
        if name in ("_", INDIRECT) or name in self._references:
            return True
        if target.name != _POSITIONAL:
            return name == target.name
        if not name.isdecimal() or name == "0":
            return name in ("@", "*", "OPTARG")
        if target.position == _ALL:
            return True
        is_shifted = _SHIFTING.search(self._reading.text, target.start, at) is not None
        return int(name) <= target.position if is_shifted or at < target.start else int(name) == target.position

    def _note_command(self, command: ShellCommand) -> None:
        words = effective_words(command)
        name = words[0].literal if words else None
        if name == "alias":
            raise Refused("stands in a text that defines aliases, which change what commands are")
        literals = [word.literal for word in words[1:]]
        if name in DECLARATIONS:
            flags = "".join(literal for literal in literals if literal is not None and literal[:1] in "-+")
            names = {match.group() for word in words[1:] if (match := _NAME.match(word.text))}
            if "i" in flags:
                self._integers |= names
                self._counted.update(found for word in words[1:] for found in _NAME.findall(word.text))
            if "n" in flags and name != "export":
                self._dereferenced |= names
                self._references |= names
        elif name == "let":
            self._counted.update(found for word in words[1:] for found in _NAME.findall(word.text))
        elif name in _READERS:
            self._read |= {literal for literal in literals if literal is not None and _NAME.fullmatch(literal)}
            self._read |= {"REPLY", "MAPFILE"}

    def _targets(self, occurrence: Occurrence) -> set[_Target]:
        """The variables that the value at `occurrence` is written to."""
        targets: set[_Target] = set()
        hops: list[SubstitutionHop] = []
        inner: SubstitutionHop | None = None
        for frame in reversed(occurrence.frames):
            if frame.quoting in SUBSTITUTIONS:
                hops.extend([] if inner is None else [inner])
                if frame.quoting is Quoting.PROCESS and passes(hops):
                    targets |= self._read_targets
                inner = None
            elif frame.heredoc is not None:
                targets |= self._read_targets
                inner = SubstitutionHop(frame.heredoc.command, None, self._reading.functions)
            elif frame.word is not None:
                if passes(hops):
                    targets |= self._targets_of_word(frame, frame.word)
                inner = (
                    inner
                    if frame.command is None
                    else SubstitutionHop(frame.command, frame.word, self._reading.functions)
                )
            if frame.variable and passes(hops):
                targets.add(_Target(frame.variable))
        return targets

    @property
    def _read_targets(self) -> set[_Target]:
        return {_Target(name) for name in self._read}

    def _targets_of_word(self, frame: Frame, word: ShellWord) -> set[_Target]:
        if word.role is Role.ASSIGNMENT:
            return {_Target(re.split(r"[\[+=]", word.text, maxsplit=1)[0])}
        if word.role is Role.LOOP:
            return {_Target(name) for name, words in self._reading.loops.items() if word in words}
        if word.role is Role.REDIRECT:
            return self._read_targets if word.operator == "<<<" else set()
        if word.role is Role.CONDITION:
            return {_Target("BASH_REMATCH"), _Target("_")}
        if frame.command is None:
            return set()
        targets = {*(self._read_targets if self._is_piped_on(frame.command, word) else ()), _Target("_")}
        if match := _ENVIRONMENT.match(word.text):
            targets.add(_Target(match.group(1)))
        words = effective_words(frame.command)
        name = command_name(frame.command)
        if word not in words[1:]:
            return targets
        if name in DECLARATIONS and (match := _NAME.match(word.text.lstrip("\"'"))):
            targets.add(_Target(match.group()))
        elif name == "set":
            targets.add(_Target(_POSITIONAL))
        elif name in self._reading.functions:
            targets.add(self._parameter(words, word))
        elif name == "printf" and len(words) > 2 and words[1].literal == "-v" and words[2].literal is not None:
            targets.add(_Target(words[2].literal))
        return targets

    def _parameter(self, words: list[ShellWord], word: ShellWord) -> _Target:
        """The positional parameter of a function that a word of its call becomes."""
        index = words.index(word)
        if any(before.dynamic and before.text[:1] not in "\"'" for before in words[1 : index + 1]):
            return _Target(_POSITIONAL)
        return _Target(_POSITIONAL, index, self._reading.functions[words[0].literal or ""])

    def _is_piped_on(self, command: ShellCommand, word: ShellWord) -> bool:
        return not command.last_in_pipeline and SubstitutionHop(command, word, self._reading.functions).is_open


def _name_of(target: _Target) -> str:
    return "the positional parameters" if target.name == _POSITIONAL else f"${target.name}"
