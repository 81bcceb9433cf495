"""What the scanner's commands are: the name that counts, and the shells that they call."""

from __future__ import annotations

import re

from prodigy_action.pure.shell_demands import Refused
from prodigy_action.pure.shell_sites import ShellCommand, ShellWord

SHELLS = frozenset(["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash"])
CODE_COMMANDS = frozenset(["eval", "trap", ".", "source", "alias", "compgen", "complete", "bind", "fc", "enable"])
NAME_COMMANDS = frozenset(["read", "mapfile", "readarray", "getopts", "unset", "wait"])
DECLARATIONS = frozenset(["declare", "typeset", "local", "export", "readonly"])
RUNNERS = frozenset(
    ["sudo", "doas", "su", "env", "ssh", "docker", "podman", "kubectl", "nohup", "timeout", "nice", "ionice", "stdbuf"]
) | frozenset(["setsid", "xargs", "parallel", "busybox", "chroot", "unshare", "nsenter"])
"""Programs that run the command in their arguments."""

_OPTIONS = re.compile(r"[-+][A-Za-z]+")
_INPUT_OPTION = re.compile(r"-[A-Za-z]*s[A-Za-z]*")


def effective_words(command: ShellCommand) -> list[ShellWord]:
    """The words of a command without the builtins that only run another (`command`, `builtin`, `exec`)."""
    words = command.words
    while words and words[0].literal in ("command", "builtin", "exec"):
        words = words[1:]
        while words and (words[0].literal or "").startswith("-"):
            words = words[1:]
    return words


def command_name(command: ShellCommand) -> str | None:
    """The name of the command that runs, if it is plain text."""
    words = effective_words(command)
    return words[0].literal if words else None


def is_shell(word: ShellWord) -> bool:
    """Whether a word names a shell, with or without its directory."""
    literal = word.literal
    return literal is not None and literal.rpartition("/")[2] in SHELLS


def shell_operand(arguments: list[ShellWord], asked: ShellWord | None = None) -> tuple[bool, ShellWord | None]:
    """Whether a shell with these arguments takes code, and its first operand (the code, or the script's file).

    `asked` is the word in question: it is never passed over.
    """
    takes_code = takes_argument = False
    for argument in arguments:
        literal = argument.literal
        if argument is asked:
            return takes_code, argument
        if takes_argument:
            takes_argument = False
        elif literal is not None and _OPTIONS.fullmatch(literal):
            takes_code |= "c" in literal
            takes_argument = "o" in literal.lower()
        elif literal is not None and literal.startswith("-") and literal != "-":
            takes_argument = literal in ("--rcfile", "--init-file")
        elif argument.dynamic and not argument.valued and not argument.text.startswith('"'):
            takes_code = True  # it may be empty or an option
        else:
            return takes_code, argument
    return takes_code, None


def refuse_input(command: ShellCommand) -> None:
    """Raise `Refused` when the command reads its standard input as code."""
    words = effective_words(command)
    if not words:
        return
    if words[0].literal in CODE_COMMANDS:
        raise Refused(f"would be read as code by {words[0].literal!r}")
    for index, shell in enumerate(words):
        if not is_shell(shell) or (index and words[0].literal not in RUNNERS):
            continue
        takes_code, operand = shell_operand(words[index + 1 :])
        reads_input = any(_INPUT_OPTION.fullmatch(word.literal or "") for word in words[index + 1 :])
        if not takes_code and (operand is None or reads_input or operand.literal in ("-", "/dev/stdin")):
            raise Refused(f"would be read as code by {shell.literal!r}, which reads its standard input")
