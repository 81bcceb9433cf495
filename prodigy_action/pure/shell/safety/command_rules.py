"""The rules of single builtins: declarations, tests, printf, and shells that are called."""

from __future__ import annotations

import re

from prodigy_action.pure.shell.safety.constraints import Refused, ValueConstraint
from prodigy_action.pure.shell.safety.special_names import COUNTING_VARIABLES, is_code_variable
from prodigy_action.pure.shell.syntax.commands import called, is_shell, shell_operand
from prodigy_action.pure.shell.syntax.nodes import ShellWord

_LITERAL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_LITERAL_START = re.compile(r"[\"']?[A-Za-z0-9_./=]")
_ARRAYS = re.compile(
    r"=\(|\]\+?=|(?:declare|typeset|local|readonly|export)[ \t]+(?:-\w+[ \t]+)*-\w*[aA]|mapfile|readarray"
    r"|read[ \t].*-\w*a|(?:^|[ \t\n;&|({])(?:\.|source|eval)[ \t]"
)
"""Texts in which a variable may be an array."""


def constraints_of_assignment(name: str) -> set[ValueConstraint]:
    """The conditions on a value that is assigned to `name`."""
    if is_code_variable(name):
        raise Refused(f"would become code in {name!r}")
    return {ValueConstraint.INTEGER} if name in COUNTING_VARIABLES else set()


def constraints_of_declaration(
    name: str | None, arguments: list[ShellWord], word: ShellWord, start: int, text: str
) -> set[ValueConstraint]:
    """The conditions on a value at `start` in a word of `export`, `declare`, …: it must stand behind `NAME=`."""
    options = [argument for argument in arguments if argument.text[:1] in ("-", "+")]
    if any(option.dynamic for option in options) or any(
        argument.dynamic and argument.text.startswith("$") and argument is not word for argument in arguments
    ):
        raise Refused(f"stands beside options of {name!r} that are not known")
    flags = "".join(option.text for option in options)
    bare = word.text.lstrip("\"'")
    head = _LITERAL_NAME.match(bare)
    if head is None or start < word.start + (len(word.text) - len(bare)) + head.end():
        raise Refused(f"would name a variable for {name!r}")
    if "n" in flags and name != "export":
        raise Refused(f"would name a variable for {name!r}")
    constraints = constraints_of_assignment(head.group().rstrip("+="))
    if "i" in flags:
        constraints.add(ValueConstraint.INTEGER)
    if bare is word.text and bare[head.end() :].startswith("("):
        return constraints
    if "a" in flags or "A" in flags or bare[head.end() :].lstrip("\"'").startswith("("):
        raise Refused(f"would be read as an array by {name!r}: write name=(…)")
    if name not in ("export", "readonly") and _ARRAYS.search(text):
        constraints.add(ValueConstraint.NO_PARENTHESIS)
    return constraints


def constraints_of_test(arguments: list[ShellWord], word: ShellWord, *, quoted: bool) -> set[ValueConstraint]:
    """The conditions on a value in `[ … ]`, where bash runs code in `-v a[$(…)]`."""
    index = arguments.index(word)
    if index and arguments[index - 1].literal in ("-v", "-R"):
        return {ValueConstraint.INTEGER}
    if index and arguments[index - 1].dynamic and not _LITERAL_START.match(arguments[index - 1].text):
        raise Refused("stands beside another value in a test, where the first could become an operator")
    return set() if quoted else {ValueConstraint.PLAIN_WORD}


def constraints_of_printf(
    arguments: list[ShellWord], word: ShellWord, start: int, *, quoted: bool
) -> set[ValueConstraint]:
    """The conditions on a value that begins the format of `printf`, where bash runs code in `-va[$(…)]`."""
    if arguments[0].literal == "-v":
        if word is arguments[1]:
            raise Refused("would name a variable for 'printf -v'")
        arguments = arguments[2:]
    if not arguments or word is not arguments[0]:
        return set()
    if word.text.startswith("-"):
        raise Refused("would be an option of printf")
    if quoted and start > word.start + 1:
        return set()
    return {ValueConstraint.NO_OPTION} if quoted else {ValueConstraint.PLAIN_FORMAT}


def constraints_of_shell(words: list[ShellWord], word: ShellWord) -> set[ValueConstraint]:
    """Refuse a value in what a shell, called anywhere in the command, reads as options or as code."""
    constraints: set[ValueConstraint] = set()
    for index, shell in enumerate(words):
        if not is_shell(shell):
            continue
        takes_code, operand = shell_operand(words[index + 1 :], word)
        if operand is not word:
            continue
        if takes_code or (index == 0 and not re.match('"[^-+]', word.text)):
            example = f'{called(shell)} -c \'… "$1"\' _ "${{…}}"'
            raise Refused(f"would be read as code by {called(shell)!r}: pass it as an argument, {example}")
        constraints.add(ValueConstraint.NO_OPTION)
    return constraints
