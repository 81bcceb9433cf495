"""Where a shell reads a value again: as code, as a variable's name, as arithmetic. Each is refused or limited."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.pure.shell.safety.command_rules import (
    constraints_of_assignment,
    constraints_of_declaration,
    constraints_of_printf,
    constraints_of_shell,
    constraints_of_test,
)
from prodigy_action.pure.shell.safety.constraints import Refused, ValueConstraint
from prodigy_action.pure.shell.safety.sinks import refuse_input
from prodigy_action.pure.shell.safety.substitutions import SubstitutionHop, may_pass, passes
from prodigy_action.pure.shell.syntax.commands import (
    CODE_COMMANDS,
    CODE_OPTIONS,
    DECLARATIONS,
    NAME_COMMANDS,
    called,
    effective_words,
)
from prodigy_action.pure.shell.syntax.nodes import Frame, Occurrence, Role, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ShellReading
from prodigy_action.pure.shell.syntax.tree import SUBSTITUTIONS, Quoting
from prodigy_action.pure.shell.syntax.wrappers import assigned_variable, may_set_variable


def constraints_of(occurrence: Occurrence, reading: ShellReading, interpreter: str) -> set[ValueConstraint]:
    """The conditions on the value at `occurrence`, from every layer around it; raises `Refused` for none at all."""
    constraints: set[ValueConstraint] = set()
    hops: list[SubstitutionHop] = []
    inner: SubstitutionHop | None = None
    for depth in range(len(occurrence.frames) - 1, -1, -1):
        frame = occurrence.frames[depth]
        if frame.quoting in SUBSTITUTIONS:
            hops.extend([] if inner is None else [inner])
            inner = None
        elif frame.quoting is Quoting.ARITHMETIC or frame.quoting is Quoting.INDEX:
            constraints |= _integer(hops)
        elif frame.heredoc is not None:
            refuse_input(frame.heredoc.command, reading.nested)
            inner = SubstitutionHop(frame.heredoc.command, None, reading.functions)
        elif frame.word is not None:
            constraints |= _constraints_of_word(frame, frame.word, hops, interpreter)
            if frame.command is not None:
                if frame.word.role is not Role.REDIRECT:
                    constraints |= _constraints_of_command(frame, frame.word, occurrence, depth, hops, reading)
                elif frame.word.operator == "<<<" or hops:
                    refuse_input(frame.command, reading.nested)
                inner = SubstitutionHop(frame.command, frame.word, reading.functions)
    _refuse_pipes(occurrence, reading)
    return constraints


def refuse_whole_command(occurrence: Occurrence) -> None:
    """Raise `Refused` for a value that is a whole command: what runs would be data."""
    frame = next((each for each in reversed(occurrence.frames) if each.word is not None), None)
    if frame is None or frame.word is None or frame.command is None or frame.command.words != [frame.word]:
        return
    word = frame.word
    if word.start + word.text.startswith('"') == occurrence.start and word.end - occurrence.end in (0, 1):
        raise Refused("would be the whole command: a value never is one")


def _integer(hops: Sequence[SubstitutionHop]) -> set[ValueConstraint]:
    return {ValueConstraint.INTEGER} if may_pass(hops) else set()


def _constraints_of_word(
    frame: Frame, word: ShellWord, hops: Sequence[SubstitutionHop], interpreter: str
) -> set[ValueConstraint]:
    if interpreter == "sh" and word.role is Role.CONDITION:
        raise Refused("stands in '[[', which sh does not know: say interpreter: bash, or write [ … ]")
    if frame.command is not None and frame.command.split_by_dash and interpreter == "sh":
        raise Refused("stands beside '&>', which sh and bash read differently: write >file 2>&1")
    if word.role is Role.COMMAND and word.text.startswith("!("):
        raise Refused("stands in '!(…)', which shells read differently")
    constraints = _integer(hops) if word.arithmetic else set()
    if word.role is Role.REDIRECT and word.operator in (">&", "<&"):
        constraints.add(ValueConstraint.DESCRIPTOR)
    if word.role is Role.ASSIGNMENT:
        constraints |= constraints_of_assignment(re.split(r"[\[+=]", word.text, maxsplit=1)[0])
    return constraints


def _constraints_of_command(
    frame: Frame,
    word: ShellWord,
    occurrence: Occurrence,
    depth: int,
    hops: Sequence[SubstitutionHop],
    reading: ShellReading,
) -> set[ValueConstraint]:
    words = [] if frame.command is None else effective_words(frame.command)
    if word not in words[1:]:
        return set()
    name = called(words[0])
    arguments = words[1:]
    constraints = constraints_of_shell(words, word)
    _refuse_code_option(name, arguments, word)
    variable = assigned_variable(word)
    if variable is not None and may_set_variable(words, words.index(word), reading.functions):
        constraints |= constraints_of_assignment(variable)
    if name in CODE_COMMANDS:
        raise Refused(f"would be read as code by {name!r}")
    if name in NAME_COMMANDS:
        raise Refused(f"would name a variable for {name!r}")
    if name in DECLARATIONS:
        constraints |= constraints_of_declaration(name, arguments, word, occurrence.start, reading.text)
    elif name == "let":
        constraints |= _integer(hops)
    elif name in ("test", "[") and passes(hops):
        constraints |= constraints_of_test(arguments, word, quoted=_is_quoted(occurrence, depth))
    elif name == "printf" and passes(hops):
        constraints |= constraints_of_printf(arguments, word, occurrence.start, quoted=_is_quoted(occurrence, depth))
    return constraints


def _refuse_code_option(name: str | None, arguments: Sequence[ShellWord], word: ShellWord) -> None:
    """Raise `Refused` for the value of an option that the command hands to a shell."""
    options = CODE_OPTIONS.get((name or "").rpartition("/")[2], frozenset())
    if name == "watch":
        raise Refused("would be read as code by 'watch'")
    index = arguments.index(word)
    attached = any(word.text.lstrip("\"'").startswith(option) for option in options)
    if options and (attached or (index and arguments[index - 1].literal in options)):
        raise Refused(f"would be read as code by {name!r}")


def _is_quoted(occurrence: Occurrence, depth: int) -> bool:
    """Whether quotes keep the word at `depth` of the frames in one piece."""
    for frame in occurrence.frames[depth + 1 :]:
        if frame.quoting in (Quoting.DOUBLE, Quoting.SINGLE, Quoting.ANSI):
            return True
        if frame.quoting in SUBSTITUTIONS:
            return False
    return False


def _refuse_pipes(occurrence: Occurrence, reading: ShellReading) -> None:
    start = next(
        (frame.heredoc.operator_start for frame in occurrence.frames if frame.heredoc is not None), occurrence.start
    )
    for command in reading.commands:
        if command.piped_from is not None and command.words and command.piped_from <= start < command.words[0].start:
            refuse_input(command, reading.nested)
