"""Variables that mean something to a shell, to the loader of programs, or to programs that run other commands."""

from __future__ import annotations

import re

CODE_VARIABLES = frozenset(
    ["PS0", "PS1", "PS2", "PS4", "PROMPT_COMMAND", "ENV", "SHELLOPTS", "DIRSTACK", "FUNCNAME", "GROUPS", "PIPESTATUS"]
)
"""Variables whose value a shell reads as code, with those whose names start with `BASH_`."""
COUNTING_VARIABLES = frozenset(
    ["RANDOM", "SRANDOM", "SECONDS", "LINENO", "HISTCMD", "OPTIND", "EPOCHSECONDS", "EPOCHREALTIME"]
)
"""Variables with the integer attribute: what is assigned to them is arithmetic."""
COMMAND_VARIABLES = frozenset(
    ["EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "SSH_ASKPASS", "LESSOPEN", "LESSCLOSE", "RSYNC_RSH", "CVS_RSH"]
) | frozenset(["RSYNC_CONNECT_PROG", "TAR_OPTIONS", "RUBYOPT", "PERL5OPT", "PERL5DB", "MAKEFLAGS", "GNUMAKEFLAGS"])
"""Variables whose value a program runs, or reads as options that can run something; also those of `_GIT`."""
HOME = "HOME"
"""Programs read their configuration below it. Allowed in a step's `env`, for isolation; no capture may replace it."""

_LOADER = re.compile(r"(?:LD|DYLD)_[A-Z_]+|JAVA_TOOL_OPTIONS|_?JAVA_OPTIONS|JDK_JAVA_OPTIONS")
_FINDING = frozenset(["PATH", "SHELL", "BASHOPTS"])
"""Variables that decide which programs run; every script sets some of them."""
_GIT = re.compile(
    r"GIT_(?:SSH|SSH_COMMAND|EDITOR|SEQUENCE_EDITOR|PAGER|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND|CONFIG_PARAMETERS"
    r"|CONFIG_(?:KEY|VALUE)_[0-9]+)"
)
_GIT_PLACE = re.compile(r"GIT_(?:DIR|COMMON_DIR|EXEC_PATH|TEMPLATE_DIR|CONFIG(?:_[A-Z0-9_]+)?|ALLOW_PROTOCOL)")
_OF_THE_SHELL = frozenset(
    ["IFS", "PWD", "OLDPWD", "UID", "EUID", "PPID", "REPLY", "MAPFILE", "OPTARG", "OPTERR", "COPROC", "CDPATH", "TMOUT"]
) | frozenset(["TIMEFORMAT", "GLOBIGNORE", "EXECIGNORE", "POSIXLY_CORRECT", "HISTFILE", "INPUTRC", "BASHPID", "_"])


def is_code_variable(name: str) -> bool:
    """Whether a shell, or a program that it starts, runs the value of the variable `name`."""
    return name in CODE_VARIABLES | COMMAND_VARIABLES or name.startswith("BASH_") or bool(_GIT.fullmatch(name))


def is_loader_variable(name: str) -> bool:
    """Whether the loader of programs, or a machine that runs them, takes code or options from the variable `name`."""
    return _LOADER.fullmatch(name) is not None


def meaning_of(name: str) -> str | None:
    """Why no value of an item, a capture or a parameter may be in the variable `name`; None when one may."""
    if name in CODE_VARIABLES or name.startswith("BASH_"):
        return "a shell reads its value as code"
    if name in COMMAND_VARIABLES or _GIT.fullmatch(name):
        return "programs run its value"
    if name in COUNTING_VARIABLES:
        return "a shell evaluates what is assigned to it"
    if name in _FINDING or is_loader_variable(name) or _GIT_PLACE.fullmatch(name):
        return "it decides which programs and libraries run"
    return "a shell gives it a meaning of its own" if name in _OF_THE_SHELL else None


def meaning_of_own(name: str) -> str | None:
    """Why no capture and no parameter may have the name `name`; None when one may."""
    return "programs read their configuration below it" if name == HOME else meaning_of(name)
