"""Which words of a command may be run, or be variables of a program: those of `sudo`, and not those of `echo`."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

from prodigy_action.pure.shell.syntax.commands import RUNNERS, called, effective_words, is_shell
from prodigy_action.pure.shell.syntax.nodes import ShellCommand, ShellWord

WRAPPERS: Mapping[str, int] = {
    **dict.fromkeys(
        ("sudo", "doas", "nohup", "nice", "ionice", "stdbuf", "setsid", "time", "env", "xargs", "busybox"), 0
    ),
    **dict.fromkeys(
        ("strace", "ltrace", "unshare", "nsenter", "setarch", "fakeroot", "xvfb-run", "caffeinate", "command"), 0
    ),
    **dict.fromkeys(("timeout", "flock", "chroot", "taskset", "chrt", "gosu", "su-exec"), 1),
}
"""Programs that run the command behind their options and this many operands."""
WRAPPER_OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("sudo", "doas"), "ughpCTRDr"),
    "nice": "n",
    "ionice": "cnp",
    "stdbuf": "ioe",
    "env": "uC",
    "xargs": "nPIdLsaE",
    "timeout": "sk",
    "flock": "wE",
    "strace": "eopsuE",
}
"""Letters of options with an argument of their own."""
_FLAGS: Mapping[str, re.Pattern[str]] = {
    "sudo": re.compile("-[AbBEHinPSkK]+"),
    "env": re.compile("-[iv0]+"),
    "xargs": re.compile("-[0rtpx]+"),
    "timeout": re.compile("-v"),
}
"""Options of these programs that have no argument."""
_PLAIN = (
    frozenset(
        ["echo", "printf", "true", "false", ":", "exit", "return", "test", "[", "cd", "mkdir", "touch", "rm", "cp"]
    )
    | frozenset(
        ["rmdir", "mv", "ln", "chmod", "chown", "sleep", "cat", "tac", "cut", "tr", "uniq", "tee", "wc", "grep"]
    )
    | frozenset(
        ["egrep", "fgrep", "basename", "dirname", "realpath", "readlink", "ls", "stat", "curl", "apt-get", "apt"]
    )
    | frozenset(["apk", "dnf", "yum", "pip"])
)
"""Commands that run none of their arguments."""
_CONTAINERS = frozenset(["build", "tag", "push", "pull", "image", "images", "inspect", "login", "rmi", "network"])
_SUBCOMMANDS: Mapping[str, frozenset[str]] = {
    "docker": _CONTAINERS,
    "podman": _CONTAINERS,
    "git": frozenset(["add", "commit", "log", "show", "diff", "tag", "push", "fetch", "pull", "checkout", "switch"])
    | frozenset(["status", "rm", "mv", "grep", "ls-files", "branch", "merge", "blame", "restore", "reset"]),
    "kubectl": frozenset(
        ["set", "annotate", "label", "get", "describe", "apply", "delete", "scale", "rollout", "patch"]
    )
    | frozenset(["create", "expose", "autoscale", "logs", "wait", "cp", "top", "taint"]),
}
"""What programs that run commands do with objects instead."""
_STARTING = frozenset(["run", "exec", "debug", "--", "-c", "config", "submodule", "bisect", "rebase"])
"""Words with which these programs may start a command all the same."""
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[%()]*=")
_QUOTES = re.compile(r"[\"'\\]")


def mark_data(commands: Sequence[ShellCommand], functions: Container[str]) -> None:
    """Note the words that are names of shells and certainly not run: `apt-get install bash`.

    `functions` are the names that the script defines: they may do anything with their arguments.
    """
    for command in commands:
        words = effective_words(command)
        for index, word in enumerate(words):
            if index and is_shell(word) and not _may_run(words, index, functions):
                word.data = True


def assigned_variable(word: ShellWord) -> str | None:
    """The name in a word that reads `NAME=value` without its quotes, also in the form of an exported function."""
    found = _ASSIGNMENT.match(_QUOTES.sub("", word.text))
    return None if found is None else found.group(1)


def may_set_variable(words: Sequence[ShellWord], index: int, functions: Container[str]) -> bool:
    """Whether the word `NAME=value` at `index` of a command may be a variable of a program that is started.

    It is one in `sudo A=1 make`, and none in `kubectl set env deployment/x A=1`.
    """
    for start in _starts(words):
        if start >= index:
            break
        name = _name(words[start])
        if name in WRAPPERS:
            if index < _behind(words, start)[1]:
                return True
        elif (start and name is None) or (name in RUNNERS and not _is_plain(words[start:], functions)):
            return True
    return False


def _may_run(words: Sequence[ShellWord], index: int, functions: Container[str]) -> bool:
    starts = [start for start in _starts(words) if start <= index]
    commands = [words[start:] for start in starts if _name(words[start]) not in WRAPPERS]
    return index in starts or not commands or not all(_is_plain(command, functions) for command in commands)


def _starts(words: Sequence[ShellWord]) -> list[int]:
    """Where a command may begin: the first word, and those behind programs that run another."""
    found, waiting = {0}, [0]
    while waiting:
        start = waiting.pop()
        if _name(words[start]) in WRAPPERS:
            new = {*_behind(words, start)[0]} - found
            found |= new
            waiting.extend(new)
    return sorted(found)


def _behind(words: Sequence[ShellWord], start: int) -> tuple[list[int], int]:
    """Where the command of a wrapper may begin, and where it begins at the latest."""
    name = _name(words[start]) or ""
    operands, flags, letters = WRAPPERS[name], _FLAGS.get(name), WRAPPER_OPTIONS.get(name, "")
    found: list[int] = []
    certain = possible = 0
    before = ""
    for index in range(start + 1, len(words)):
        option, before = before, words[index].text
        takes_argument = len(option) == 2 and option[1] in letters
        if before.startswith("-") or assigned_variable(words[index]) or takes_argument:
            before = "" if takes_argument or (flags is not None and flags.fullmatch(before)) else before
            continue
        may_be_argument = option.startswith("-")
        if possible >= operands:
            found.append(index)
            if certain >= operands and not may_be_argument:
                return found, index
        possible += 1
        certain += not may_be_argument
    return found, len(words)


def _name(word: ShellWord) -> str | None:
    name = called(word)
    return None if name is None else name.rpartition("/")[2]


def _is_plain(words: Sequence[ShellWord], functions: Container[str]) -> bool:
    """Whether a command runs none of its arguments, and starts nothing with them."""
    name = _name(words[0])
    if name is None or name in functions:
        return False
    literals = {word.literal for word in words[1:] if word.literal is not None}
    return name in _PLAIN or not (literals & _STARTING or literals.isdisjoint(_SUBCOMMANDS.get(name, frozenset())))
