"""Where a shell reads a value again: as code, as a variable's name, as arithmetic. Each is refused or limited."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prodigy_action.pure.shell_demands import Demand
from prodigy_action.pure.shell_scanner import DECLARATIONS, ShellScanner
from prodigy_action.pure.shell_sites import Frame, Quoting, Role, ShellCommand, ShellWord, Site

SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash"})
CODE_COMMANDS = frozenset({"eval", "trap", ".", "source", "alias", "compgen", "complete", "bind", "fc", "enable"})
NAME_COMMANDS = frozenset({"read", "mapfile", "readarray", "getopts", "unset", "wait"})
CODE_VARIABLES = frozenset(
    {"PS0", "PS1", "PS2", "PS4", "PROMPT_COMMAND", "ENV", "SHELLOPTS", "DIRSTACK", "FUNCNAME", "GROUPS", "PIPESTATUS"}
)
COUNTING_VARIABLES = frozenset(
    {"RANDOM", "SRANDOM", "SECONDS", "LINENO", "HISTCMD", "OPTIND", "EPOCHSECONDS", "EPOCHREALTIME"}
)
_RUNNERS = frozenset(
    [
        "sudo",
        "doas",
        "su",
        "env",
        "ssh",
        "docker",
        "podman",
        "kubectl",
        "nohup",
        "timeout",
        "nice",
        "ionice",
        "stdbuf",
        "setsid",
        "xargs",
        "parallel",
        "busybox",
        "chroot",
        "unshare",
        "nsenter",
    ]
)
_REPEATERS = frozenset(
    [
        "echo",
        "printf",
        "basename",
        "dirname",
        "realpath",
        "readlink",
        "awk",
        "gawk",
        "mawk",
        "sed",
        "jq",
        "yq",
        "expr",
        "ls",
        "find",
        "seq",
        "wc",
        "paste",
    ]
)
_ARRAYS = re.compile(
    r"=\(|\]\+?=|(?:declare|typeset|local|readonly|export)\s+(?:-\w+\s+)*-\w*[aA]|mapfile|readarray|read\s+.*-\w*a"
    r"|(?:^|[\s;&|(])(?:\.|source|eval)\s"
)
_SUBSTITUTIONS = frozenset({Quoting.SUBSTITUTION, Quoting.BACKTICK, Quoting.PROCESS})
_LITERAL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")


class Refused(Exception):
    """A place where no value may stand; the text is the reason."""


@dataclass(frozen=True, slots=True)
class _Crossing:
    """A command substitution between a placeholder and an outer layer: the command inside, and the value's word."""

    command: ShellCommand
    word: ShellWord | None

    @property
    def prints_only_numbers(self) -> bool:
        """Whether the value cannot come out of the substitution: a file to read, or a known counting command."""
        if any(redirect.operator == ">&" for redirect in self.command.redirects):
            return False
        if self.word is not None and self.word.role is Role.REDIRECT:
            return self.word.operator == "<"
        literals = [word.literal or "" for word in self.command.words]
        return literals[:1] == ["grep"] and any(re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", text) for text in literals[1:])

    @property
    def repeats_value(self) -> bool:
        """Whether the command is known to print its arguments or its input."""
        if self.word is None or self.word.operator == "<<<":
            return True
        return self.word.role is not Role.REDIRECT and effective_words(self.command)[0].literal in _REPEATERS


def effective_words(command: ShellCommand) -> list[ShellWord]:
    """The words of a command without the builtins that only run another (`command`, `builtin`, `exec`)."""
    words = command.words
    while words and words[0].literal in ("command", "builtin", "exec"):
        words = words[1:]
        while words and (words[0].literal or "").startswith("-"):
            words = words[1:]
    return words


def demands_of(site: Site, scanner: ShellScanner, interpreter: str) -> frozenset[Demand]:
    """The conditions on the value at `site`, from every layer around it; raises `Refused` where none may stand."""
    demands: set[Demand] = set()
    crossed: list[_Crossing] = []
    inner: _Crossing | None = None
    for depth in range(len(site.frames) - 1, -1, -1):
        frame = site.frames[depth]
        if frame.quoting in _SUBSTITUTIONS:
            crossed.extend([] if inner is None else [inner])
            inner = None
        elif frame.quoting is Quoting.ARITHMETIC or frame.quoting is Quoting.INDEX:
            demands |= _integer(crossed)
        elif frame.heredoc is not None:
            _refuse_input(frame.heredoc.command)
            inner = _Crossing(frame.heredoc.command, None)
        elif frame.word is not None:
            _refuse_word(frame, frame.word, site, interpreter)
            demands |= _demands_of_word(frame.word, crossed)
            if frame.command is not None:
                if frame.word.role is not Role.REDIRECT:
                    demands |= _demands_of_command(frame.command, frame.word, site, depth, crossed, scanner)
                elif frame.word.operator == "<<<" or crossed:
                    _refuse_input(frame.command)
                inner = _Crossing(frame.command, frame.word)
    _refuse_pipes(site, scanner)
    return frozenset(demands)


def _integer(crossed: list[_Crossing]) -> set[Demand]:
    return set() if any(crossing.prints_only_numbers for crossing in crossed) else {Demand.INTEGER}


def _repeats(crossed: list[_Crossing]) -> bool:
    """Whether what goes into the command substitutions may come out again."""
    return all(crossing.repeats_value for crossing in crossed)


def _refuse_word(frame: Frame, word: ShellWord, site: Site, interpreter: str) -> None:
    if interpreter == "sh" and word.role is Role.CONDITION:
        raise Refused("stands in '[[', which sh does not know: say interpreter: bash, or write [ … ]")
    if frame.command is not None and frame.command.split_by_dash and interpreter == "sh":
        raise Refused("stands beside '&>', which sh and bash read differently: write >file 2>&1")
    if word.role is Role.COMMAND and word.text.startswith("!("):
        raise Refused("stands in '!(…)', which shells read differently")


def _demands_of_word(word: ShellWord, crossed: list[_Crossing]) -> set[Demand]:
    demands: set[Demand] = set()
    if word.arithmetic:
        demands |= _integer(crossed)
    if word.role is Role.ASSIGNMENT:
        name = re.split(r"[\[+=]", word.text, maxsplit=1)[0]
        demands |= _demands_of_assignment(name)
    return demands


def _demands_of_assignment(name: str) -> set[Demand]:
    if name in CODE_VARIABLES or name.startswith("BASH_"):
        raise Refused(f"would become code in {name!r}")
    return {Demand.INTEGER} if name in COUNTING_VARIABLES else set()


def _demands_of_command(
    command: ShellCommand,
    word: ShellWord,
    site: Site,
    depth: int,
    crossed: list[_Crossing],
    scanner: ShellScanner,
) -> set[Demand]:
    words = effective_words(command)
    if word not in words[1:]:
        return set()
    name = words[0].literal
    arguments = words[1:]
    demands = _demands_of_shell(words, word)
    if name in CODE_COMMANDS:
        raise Refused(f"would be read as code by {name!r}")
    if name in NAME_COMMANDS:
        raise Refused(f"would name a variable for {name!r}")
    if name in DECLARATIONS:
        return _demands_of_declaration(name, arguments, word, site, scanner)
    if name == "let":
        return _integer(crossed)
    if name in ("test", "["):
        return _demands_of_test(arguments, word, site, depth, crossed)
    if name == "printf":
        return _demands_of_printf(arguments, word, site, depth, crossed)
    return demands


def _demands_of_shell(words: list[ShellWord], word: ShellWord) -> set[Demand]:
    """Refuse a placeholder in what a shell, called anywhere in the command, reads as options or as code."""
    demands: set[Demand] = set()
    for index, shell in enumerate(words):
        if not _is_shell(shell):
            continue
        takes_code, operand = _shell_operand(words[index + 1 :])
        if operand is not word:
            continue
        if takes_code or (index == 0 and not re.match(r'"[^-+]', word.text)):
            example = f'{shell.literal} -c \'… "$1"\' _ "${{…}}"'
            raise Refused(f"would be read as code by {shell.literal!r}: pass it as an argument, {example}")
        demands.add(Demand.NO_DASH)
    return demands


def _shell_operand(arguments: list[ShellWord]) -> tuple[bool, ShellWord | None]:
    """Whether a shell with these arguments takes code, and its first operand (the code, or the script's file)."""
    takes_code = takes_argument = False
    for argument in arguments:
        literal = argument.literal
        if takes_argument and literal is not None:
            takes_argument = False
        elif literal is not None and re.fullmatch(r"[-+][A-Za-z]+", literal):
            takes_code |= "c" in literal
            takes_argument = "o" in literal.lower()
        elif literal is not None and literal.startswith("-") and literal != "-":
            takes_argument = literal in ("--rcfile", "--init-file")
        elif argument.dynamic and not argument.valued and not argument.text.startswith('"'):
            takes_code = True  # it may be empty or an option
        else:
            return takes_code, argument
    return takes_code, None


def _is_shell(word: ShellWord) -> bool:
    literal = word.literal
    return literal is not None and literal.rpartition("/")[2] in SHELLS


def _refuse_input(command: ShellCommand) -> None:
    words = effective_words(command)
    if not words:
        return
    if words[0].literal in CODE_COMMANDS:
        raise Refused(f"would be read as code by {words[0].literal!r}")
    for index, shell in enumerate(words):
        if not _is_shell(shell) or (index and words[0].literal not in _RUNNERS):
            continue
        takes_code, operand = _shell_operand(words[index + 1 :])
        reads_input = any(re.fullmatch(r"-[A-Za-z]*s[A-Za-z]*", word.literal or "") for word in words[index + 1 :])
        if not takes_code and (operand is None or reads_input or operand.literal in ("-", "/dev/stdin")):
            raise Refused(f"would be read as code by {shell.literal!r}, which reads its standard input")


def _refuse_pipes(site: Site, scanner: ShellScanner) -> None:
    start = site.start
    for frame in site.frames:
        if frame.heredoc is not None:
            start = frame.heredoc.delimiter_start
            break
    for command in scanner.commands:
        if command.piped_from is not None and command.words and command.piped_from <= start < command.words[0].start:
            _refuse_input(command)


def _demands_of_declaration(
    name: str, arguments: list[ShellWord], word: ShellWord, site: Site, scanner: ShellScanner
) -> set[Demand]:
    options = [argument for argument in arguments if argument.text[:1] in ("-", "+")]
    if any(option.dynamic for option in options):
        raise Refused(f"stands beside options of {name!r} that are not known")
    flags = "".join(option.text for option in options)
    text = word.text.lstrip("\"'")
    head = _LITERAL_NAME.match(text)
    if head is None or site.start < word.start + (len(word.text) - len(text)) + head.end():
        raise Refused(f"would name a variable for {name!r}")
    if "n" in flags and name not in ("export",):
        raise Refused(f"would name a variable for {name!r}")
    demands = _demands_of_assignment(head.group().rstrip("+="))
    if "i" in flags:
        demands.add(Demand.INTEGER)
    is_array_literal = text[head.end() :].startswith("(") and text is word.text
    if not is_array_literal:
        if "a" in flags or "A" in flags:
            raise Refused(f"would be read as an array by {name!r}: write name=(…)")
        if name not in ("export", "readonly") and _ARRAYS.search(scanner.text):
            demands.add(Demand.NO_PARENTHESIS)
    return demands


def _demands_of_test(
    arguments: list[ShellWord], word: ShellWord, site: Site, depth: int, crossed: list[_Crossing]
) -> set[Demand]:
    index = arguments.index(word)
    if index and arguments[index - 1].literal in ("-v", "-R"):
        return {Demand.INTEGER}
    if index and arguments[index - 1].dynamic and not _has_literal_start(arguments[index - 1]):
        raise Refused("stands beside another value in a test, where the first could become an operator")
    if crossed and not _repeats(crossed):
        return set()
    return set() if _is_quoted_at(site, depth) else {Demand.PLAIN_WORD}


def _demands_of_printf(
    arguments: list[ShellWord], word: ShellWord, site: Site, depth: int, crossed: list[_Crossing]
) -> set[Demand]:
    if arguments[0].literal == "-v":
        if word is arguments[1]:
            raise Refused("would name a variable for 'printf -v'")
        arguments = arguments[2:]
    if not arguments or word is not arguments[0] or (crossed and not _repeats(crossed)):
        return set()
    if word.text.startswith("-"):
        raise Refused("would be an option of printf")
    quoted = _is_quoted_at(site, depth)
    if quoted and not site.start <= word.start + 1:
        return set()
    return {Demand.NO_DASH} if quoted else {Demand.PLAIN_FORMAT}


def _has_literal_start(word: ShellWord) -> bool:
    return re.match(r"[\"']?[A-Za-z0-9_./=]", word.text) is not None


def _is_quoted_at(site: Site, depth: int) -> bool:
    """Whether quotes keep the word at `depth` of the frames in one piece."""
    for frame in site.frames[depth + 1 :]:
        if frame.quoting in (Quoting.DOUBLE, Quoting.SINGLE, Quoting.ANSI):
            return True
        if frame.quoting in _SUBSTITUTIONS:
            return False
    return False
