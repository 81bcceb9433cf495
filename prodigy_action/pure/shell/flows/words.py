"""Words of commands: what a command runs for another, and what its options mean."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodigy_action.pure.shell.flows import programs as known
from prodigy_action.pure.shell.syntax.nodes import ShellWord
from prodigy_action.pure.shell.syntax.wrappers import WRAPPER_OPTIONS, WRAPPERS


def stripped(words: list[ShellWord]) -> list[ShellWord]:
    """The words of a command without `command`, `builtin` and `exec` and their options."""
    while words and words[0].literal in ("command", "builtin", "exec"):
        is_exec, words = words[0].literal == "exec", words[1:]
        while words and (words[0].literal or "").startswith("-"):
            takes = is_exec and re.fullmatch("-[cl]*a", words[0].literal or "") is not None
            words = words[2:] if takes else words[1:]
    return words


def takes_code_option(arguments: list[ShellWord]) -> bool:
    for word in arguments:
        literal = word.literal or ""
        if not literal.startswith(("-", "+")):
            return False
        if re.fullmatch(r"-[A-Za-z]*c[A-Za-z]*", literal):
            return True
    return False


def inner_commands(words: list[ShellWord], names: set[str]) -> Iterator[list[ShellWord]]:
    """The commands that programs like `sudo` or `timeout` run: one for each of the `names` that is such a program."""
    for wrapper in sorted(names & WRAPPERS.keys()):
        if inner := _inner_command(wrapper, words):
            yield inner


def _inner_command(wrapper: str, words: list[ShellWord]) -> list[ShellWord]:
    letters = WRAPPER_OPTIONS.get(wrapper, "")
    rest = words[1:]
    operands = WRAPPERS[wrapper]
    while rest:
        literal = rest[0].literal
        if literal is not None and literal.startswith("-"):
            takes = len(literal) == 2 and literal[1] in letters
            rest = rest[2:] if takes else rest[1:]
        elif wrapper == "env" and re.match(r"[\"']?[A-Za-z_]\w*=", rest[0].text):
            rest = rest[1:]
        elif operands:
            operands -= 1
            rest = rest[1:]
        else:
            return rest
    return []


def reads_command(words: list[ShellWord], names: set[str]) -> bool:
    """Whether `xargs` or `parallel` reads the command itself: `xargs sudo`, `xargs -I{} {}`."""
    if not names & {"xargs", "parallel"}:
        return False
    (rest, *_) = (*inner_commands(words, names), words[1:])
    while rest and (name := (rest[0].literal or "").rpartition("/")[2]) in WRAPPERS:
        if not (inner := _inner_command(name, rest)):
            return True
        rest = inner
    return bool(rest) and is_pasted(words[: words.index(rest[0])], rest[0])


def is_pasted(options: list[ShellWord], code: ShellWord) -> bool:
    """Whether `xargs` puts what it reads into the code that it gives to a shell."""
    markers = {"{}"}
    for before, word in zip(options, [*options[1:], None], strict=True):
        literal = before.literal or ""
        if re.match(r"-[A-Za-z0-9]*[IiJ]$|--replace$", literal) and word is not None:
            markers.add(word.literal or "{}")
        elif match := re.match(r"(?:-[A-Za-z0-9]*[IiJ]|--replace=)(.+)", literal):
            markers.add(match[1])
    return any(marker in code.text for marker in markers)


def behind_colons(arguments: list[ShellWord], index: int) -> bool:
    return any((word.literal or "").startswith(":::") for word in arguments[:index])


def has_command(words: list[ShellWord]) -> bool:
    """Whether one of the words is the command that `env` runs."""
    return any(not re.match(r"-|[\"']?[A-Za-z_]\w*=", word.text) for word in words)


def names_variable(bare: str) -> bool:
    """Whether an argument of `make` may set a variable: `NAME=value`, or nothing literal stands before the value."""
    value = bare.find("$")
    return "=" in bare[:value] or value == 0


def git_runs(literals: list[str], index: int) -> bool:
    """Whether git runs the argument at `index`, or takes it for a key or a value of its configuration that it runs."""
    before = literals[:index]
    for words in known.GIT_RUNS:
        if all(word in before for word in words):
            return True
    if "config" in before and "--get" not in before:
        operands = [each for each in before[before.index("config") + 1 :] if not each.startswith("-")]
        return not operands or known.GIT_KEYS.match(operands[0]) is not None
    return False


def program_of(arguments: list[ShellWord]) -> ShellWord | None:
    """The first operand of `awk`, `sed` or `jq`, if no option gives the program."""
    skipped = 0
    for argument in arguments:
        literal = argument.literal
        if skipped:
            skipped -= 1
        elif literal in ("-e", "-f", "--expression", "--file", "--from-file"):
            return None
        elif literal is not None and literal.startswith("-") and literal != "-":
            skipped = known.VALUE_OPTIONS.get(literal, 0)
        else:
            return argument
    return None
