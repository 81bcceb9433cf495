"""Values that travel: from a placeholder into a variable of the script, and from there to where it is read again.

`n=${item.n}; echo $((n + 1))` runs code in bash as surely as `$((${item.n} + 1))` does. So a value must meet the
conditions of every place that its variables reach. Followed are assignments, loops, `read`, `printf -v`, positional
parameters and functions; not files, and not programs that are not known to print their arguments.
"""

from __future__ import annotations

import re

from prodigy_action.pure.shell_commands import DECLARATIONS, command_name, effective_words
from prodigy_action.pure.shell_crossings import Crossing, passes
from prodigy_action.pure.shell_demands import Demand, Refused
from prodigy_action.pure.shell_rules import SUBSTITUTIONS, demands_of
from prodigy_action.pure.shell_scanner import ShellScanner
from prodigy_action.pure.shell_sites import Frame, Quoting, Role, ShellCommand, ShellWord, Site

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READERS = frozenset({"read", "mapfile", "readarray"})
_POSITIONAL = "@"


class ValueFlow:
    """The conditions on values of one scanned text, wherever they travel in it."""

    def __init__(self, scanner: ShellScanner, interpreter: str) -> None:
        self._scanner = scanner
        self._interpreter = interpreter
        self._expansions: dict[str, list[Site]] = {}
        for name, site in scanner.expansions:
            self._expansions.setdefault(_variable(name), []).append(site)
        self._counted = set(scanner.counted)
        self._dereferenced = {_variable(name) for name in scanner.dereferenced}
        self._read: set[str] = set()
        for command in scanner.commands:
            self._note_command(command)

    def demands(self, site: Site) -> frozenset[Demand]:
        """Every condition on the value at `site`; raises `Refused` when it may reach a place where none may stand."""
        demands = demands_of(site, self._scanner, self._interpreter)
        waiting = self._targets(site)
        reached: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            reached.add(name)
            if name in self._dereferenced:
                raise Refused(f"reaches {_told(name)}, whose value is read as a name or as code")
            if name in self._counted:
                demands.add(Demand.INTEGER)
            for expansion in self._expansions.get(name, ()):
                try:
                    demands |= demands_of(expansion, self._scanner, self._interpreter)
                except Refused as refused:
                    raise Refused(f"reaches {_told(name)}, which {refused}") from refused
                waiting |= self._targets(expansion)
        return frozenset(demands)

    def _note_command(self, command: ShellCommand) -> None:
        words = effective_words(command)
        name = words[0].literal if words else None
        if name == "alias":
            raise Refused("stands in a text that defines aliases, which change what commands are")
        literals = [word.literal for word in words[1:]]
        if name in DECLARATIONS:
            flags = "".join(literal for literal in literals if literal is not None and literal[:1] in "-+")
            names = {match.group() for word in words[1:] if (match := _NAME.match(word.text))}
            self._counted |= names if "i" in flags else set()
            self._dereferenced |= names if "n" in flags and name != "export" else set()
        elif name == "let":
            self._counted.update(found for word in words[1:] for found in _NAME.findall(word.text))
        elif name in _READERS:
            self._read |= {literal for literal in literals if literal is not None and _NAME.fullmatch(literal)}
            self._read |= {"REPLY", "MAPFILE"}

    def _targets(self, site: Site) -> set[str]:
        """The variables that the value at `site` is written to."""
        targets: set[str] = set()
        crossed: list[Crossing] = []
        inner: Crossing | None = None
        for frame in reversed(site.frames):
            if frame.quoting in SUBSTITUTIONS:
                crossed.extend([] if inner is None else [inner])
                if frame.quoting is Quoting.PROCESS and passes(crossed):
                    targets |= self._read
                inner = None
            elif frame.heredoc is not None:
                targets |= self._read
                inner = Crossing(frame.heredoc.command, None)
            elif frame.word is not None:
                if passes(crossed):
                    targets |= self._targets_of_word(frame, frame.word)
                inner = inner if frame.command is None else Crossing(frame.command, frame.word)
            if frame.variable and passes(crossed):
                targets.add(frame.variable)
        return targets

    def _targets_of_word(self, frame: Frame, word: ShellWord) -> set[str]:
        if word.role is Role.ASSIGNMENT:
            return {re.split(r"[\[+=]", word.text, maxsplit=1)[0]}
        if word.role is Role.LOOP:
            return {name for name, words in self._scanner.loops.items() if word in words}
        if word.role is Role.REDIRECT:
            return set(self._read) if word.operator == "<<<" else set()
        if frame.command is None:
            return set()
        targets = set(self._read) if self._is_piped_on(frame.command, word) else set()
        words = effective_words(frame.command)
        name = command_name(frame.command)
        if word not in words[1:]:
            return targets
        if name in DECLARATIONS and (match := _NAME.match(word.text.lstrip("\"'"))):
            targets.add(match.group())
        elif name == "set" or name in self._scanner.functions:
            targets.add(_POSITIONAL)
        elif name == "printf" and len(words) > 2 and words[1].literal == "-v" and words[2].literal is not None:
            targets.add(words[2].literal)
        return targets

    def _is_piped_on(self, command: ShellCommand, word: ShellWord) -> bool:
        return not command.last_in_pipeline and Crossing(command, word).is_open


def _variable(name: str) -> str:
    return _POSITIONAL if name in ("@", "*") or (name.isdecimal() and name != "0") else name


def _told(name: str) -> str:
    return "the positional parameters" if name == _POSITIONAL else f"${name}"
