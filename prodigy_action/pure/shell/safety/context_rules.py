"""Where a shell reads a value again: as code, as a variable's name, as arithmetic. Each is refused or limited."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.pure.shell.safety.command_rules import (
    demands_of_assignment,
    demands_of_declaration,
    demands_of_printf,
    demands_of_shell,
    demands_of_test,
)
from prodigy_action.pure.shell.safety.constraints import Demand, Refused
from prodigy_action.pure.shell.safety.sinks import refuse_input
from prodigy_action.pure.shell.safety.substitutions import Crossing, may_pass, passes
from prodigy_action.pure.shell.syntax.commands import (
    CODE_COMMANDS,
    CODE_OPTIONS,
    DECLARATIONS,
    NAME_COMMANDS,
    RUNNERS,
    called,
    effective_words,
)
from prodigy_action.pure.shell.syntax.nodes import Frame, Quoting, Role, ShellWord, Site
from prodigy_action.pure.shell.syntax.scanner import ShellScanner

_ENVIRONMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[%()]*=")
SUBSTITUTIONS = frozenset({Quoting.SUBSTITUTION, Quoting.BACKTICK, Quoting.PROCESS})


def demands_of(site: Site, scanner: ShellScanner, interpreter: str) -> set[Demand]:
    """The conditions on the value at `site`, from every layer around it; raises `Refused` where none may stand."""
    demands: set[Demand] = set()
    crossed: list[Crossing] = []
    inner: Crossing | None = None
    for depth in range(len(site.frames) - 1, -1, -1):
        frame = site.frames[depth]
        if frame.quoting in SUBSTITUTIONS:
            crossed.extend([] if inner is None else [inner])
            inner = None
        elif frame.quoting is Quoting.ARITHMETIC or frame.quoting is Quoting.INDEX:
            demands |= _integer(crossed)
        elif frame.heredoc is not None:
            refuse_input(frame.heredoc.command)
            inner = Crossing(frame.heredoc.command, None, scanner.functions)
        elif frame.word is not None:
            demands |= _demands_of_word(frame, frame.word, crossed, interpreter)
            if frame.command is not None:
                if frame.word.role is not Role.REDIRECT:
                    demands |= _demands_of_command(frame, frame.word, site, depth, crossed, scanner)
                elif frame.word.operator == "<<<" or crossed:
                    refuse_input(frame.command)
                inner = Crossing(frame.command, frame.word, scanner.functions)
    _refuse_pipes(site, scanner)
    return demands


def _integer(crossed: Sequence[Crossing]) -> set[Demand]:
    return {Demand.INTEGER} if may_pass(crossed) else set()


def _demands_of_word(frame: Frame, word: ShellWord, crossed: Sequence[Crossing], interpreter: str) -> set[Demand]:
    if interpreter == "sh" and word.role is Role.CONDITION:
        raise Refused("stands in '[[', which sh does not know: say interpreter: bash, or write [ … ]")
    if frame.command is not None and frame.command.split_by_dash and interpreter == "sh":
        raise Refused("stands beside '&>', which sh and bash read differently: write >file 2>&1")
    if word.role is Role.COMMAND and word.text.startswith("!("):
        raise Refused("stands in '!(…)', which shells read differently")
    demands = _integer(crossed) if word.arithmetic else set()
    if word.role is Role.REDIRECT and word.operator in (">&", "<&"):
        demands.add(Demand.DESCRIPTOR)
    if word.role is Role.ASSIGNMENT:
        demands |= demands_of_assignment(re.split(r"[\[+=]", word.text, maxsplit=1)[0])
    return demands


def _demands_of_command(
    frame: Frame, word: ShellWord, site: Site, depth: int, crossed: Sequence[Crossing], scanner: ShellScanner
) -> set[Demand]:
    words = [] if frame.command is None else effective_words(frame.command)
    if word not in words[1:]:
        return set()
    name = called(words[0])
    arguments = words[1:]
    demands = demands_of_shell(words, word)
    _refuse_code_option(name, arguments, word)
    if name in RUNNERS and (variable := _ENVIRONMENT.match(re.sub("[\"']", "", word.text))):
        demands |= demands_of_assignment(variable.group(1))
    if name in CODE_COMMANDS:
        raise Refused(f"would be read as code by {name!r}")
    if name in NAME_COMMANDS:
        raise Refused(f"would name a variable for {name!r}")
    if name in DECLARATIONS:
        demands |= demands_of_declaration(name, arguments, word, site.start, scanner.text)
    elif name == "let":
        demands |= _integer(crossed)
    elif name in ("test", "[") and passes(crossed):
        demands |= demands_of_test(arguments, word, quoted=_is_quoted(site, depth))
    elif name == "printf" and passes(crossed):
        demands |= demands_of_printf(arguments, word, site.start, quoted=_is_quoted(site, depth))
    return demands


def _refuse_code_option(name: str | None, arguments: Sequence[ShellWord], word: ShellWord) -> None:
    """Raise `Refused` for the value of an option that the command hands to a shell."""
    options = CODE_OPTIONS.get((name or "").rpartition("/")[2], frozenset())
    if name == "watch":
        raise Refused("would be read as code by 'watch'")
    index = arguments.index(word)
    attached = any(word.text.lstrip("\"'").startswith(option) for option in options)
    if options and (attached or (index and arguments[index - 1].literal in options)):
        raise Refused(f"would be read as code by {name!r}")


def _is_quoted(site: Site, depth: int) -> bool:
    """Whether quotes keep the word at `depth` of the frames in one piece."""
    for frame in site.frames[depth + 1 :]:
        if frame.quoting in (Quoting.DOUBLE, Quoting.SINGLE, Quoting.ANSI):
            return True
        if frame.quoting in SUBSTITUTIONS:
            return False
    return False


def _refuse_pipes(site: Site, scanner: ShellScanner) -> None:
    start = next((frame.heredoc.operator_start for frame in site.frames if frame.heredoc is not None), site.start)
    for command in scanner.commands:
        if command.piped_from is not None and command.words and command.piped_from <= start < command.words[0].start:
            refuse_input(command)
