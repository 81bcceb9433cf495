"""How far values spread in a script: over-approximated, without regard to the order in which commands run.

Every variable, parameter, pipe and file of the script that a value may get into is noted with the value it may hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.pure.shell.flows.holders import EVERYTHING, Source
from prodigy_action.pure.shell.flows.programs import CONTENT, COUNTERS, SILENT
from prodigy_action.pure.shell.flows.streams import Streams
from prodigy_action.pure.shell.flows.words import stripped
from prodigy_action.pure.shell.safety.substitutions import prints_no_line
from prodigy_action.pure.shell.syntax.commands import DECLARATIONS
from prodigy_action.pure.shell.syntax.nodes import Frame, Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.tree import SUBSTITUTIONS, Quoting


class Spread(Streams):
    """The variables, words and inputs of one script that values may get into."""

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
            self._call(self._function_at(command.start), EVERYTHING, source)
        for name in names & self.reading.functions.keys():
            if word in words[1:]:
                index = words.index(word)
                loose = any(each.dynamic and each.text[:1] not in "\"'" for each in words[1 : index + 1])
                self._call(name, EVERYTHING if loose else index, source)
        if self._exports:
            for name in self.reading.functions:
                self._call(name, EVERYTHING, source)
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
