"""What the commands of a text are: the name that counts, and the shells that they call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prodigy_action.pure.shell.syntax.nodes import ShellCommand, ShellWord

SHELLS = frozenset(["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash", "lksh", "yash", "posh"]) | frozenset(
    ["fish", "csh", "tcsh"]
)
CODE_COMMANDS = frozenset(["eval", "trap", ".", "source", "alias", "compgen", "complete", "bind", "fc", "enable"])
NAME_COMMANDS = frozenset(["read", "mapfile", "readarray", "getopts", "unset", "wait"])
DECLARATIONS = frozenset(["declare", "typeset", "local", "export", "readonly"])
RUNNERS = frozenset(
    ["sudo", "doas", "su", "env", "ssh", "docker", "podman", "kubectl", "nohup", "timeout", "nice", "ionice", "stdbuf"]
) | frozenset(["setsid", "xargs", "parallel", "busybox", "chroot", "unshare", "nsenter", "flock", "script", "watch"])
"""Programs that run the command in their arguments."""
CODE_OPTIONS: Mapping[str, frozenset[str]] = {
    "env": frozenset({"-S", "--split-string"}),
    **dict.fromkeys(("su", "runuser", "sg", "script", "flock"), frozenset({"-c", "--command"})),
}
"""Options of programs that hand their value to a shell, or split it like one."""
VARIABLE = re.compile(r"\$\{?[!#]?([A-Za-z_][A-Za-z0-9_]*)")
"""An expansion of a variable, in a text."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_SHELL_VARIABLE = re.compile(r'"?\$(?:\{(?:SHELL|BASH)\}|SHELL|BASH)"?')
_OPTIONS = re.compile(r"[-+][A-Za-z]+")


def effective_words(command: ShellCommand) -> list[ShellWord]:
    """The words of a command without the builtins that only run another (`command`, `builtin`, `exec`)."""
    words = command.words
    while words and called(words[0]) in ("command", "builtin", "exec"):
        words = words[1:]
        while words and (words[0].literal or "").startswith("-"):
            if (words[0].literal or "") in ("-v", "-V"):
                return []  # `command -v` only looks
            words = words[1:]
    return words


def command_name(command: ShellCommand) -> str | None:
    """The name of the command that runs, if it is plain text."""
    words = effective_words(command)
    return called(words[0]) if words else None


def called(word: ShellWord) -> str | None:
    """What the first word of a command runs: its literal text, or the worst that an expansion there may stand for."""
    return word.literal if word.literal is not None else word.stands_for or None


def is_shell(word: ShellWord) -> bool:
    """Whether a word names a shell that may run, with or without its directory."""
    name = called(word)
    return not word.data and name is not None and name.rpartition("/")[2] in SHELLS


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


def mark_stand_ins(commands: Sequence[ShellCommand]) -> None:
    """Note what expansions in the place of a command's name may give: `$SHELL`, or what the script assigns."""
    assigned: dict[str, set[str]] = {}
    for command in commands:
        for word in (*command.assignments, *command.words[1:]):
            name, equals, _ = word.text.partition("=")
            if equals and word.literal is not None:
                texts = _PLAIN.findall(word.literal.partition("=")[2])
                options = len(texts) > 1 and not SHELLS.isdisjoint(texts)
                assigned.setdefault(name.rstrip("+"), set()).update(["eval"] if options else texts)
    for command in commands:
        for word in command.words:
            if word.dynamic and not word.valued and _SHELL_VARIABLE.fullmatch(word.text):
                word.stands_for = "sh"
        for word in effective_words(command)[:1]:
            if not word.dynamic or word.valued:
                continue
            found = set(_PLAIN.findall(VARIABLE.sub(" ", word.text)))
            found |= {text for name in VARIABLE.findall(word.text) for text in assigned.get(name, ())}
            worst = sorted(found & CODE_COMMANDS) or sorted(found & SHELLS)
            if worst:
                word.stands_for = worst[0]
