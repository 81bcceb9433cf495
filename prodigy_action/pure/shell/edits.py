"""What a shell text certainly or probably changes in the directory that it runs in.

For warnings alone: the text is read word by word and not parsed, and what is not understood is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from prodigy_action.dataclass import dataclass

_TOKEN: Final = re.compile(
    r"""(?P<comment>(?:(?<=\s)|\A)\#[^\n]*)
    |(?P<operator>(?:(?<=[\s;|(])|\A)?\d*(?:&>>|&>|>>|>\||>&|<&|<<<|<>|>|<))
    |(?P<separator>[;&|()\n]+)
    |(?P<word>(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|\$\{[^}]*\}|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|[^\s;&|()<>'"\\`])+)
    |(?P<blank>[^\S\n]+)""",
    re.VERBOSE | re.DOTALL,
)
_NOT_READ: Final = re.compile(r"\$?\(\((?:[^()]|\([^()]*\))*\)\)|\[\[.*?\]\]", re.DOTALL)
_HERE_DOCUMENT: Final = re.compile(r"<<(?!<)")
_MARKS: Final = re.compile(r"[\"'\\]")
_OF_ITEM: Final = re.compile(r"\$\{?item\b")
_ELSEWHERE: Final = re.compile(r"[/~$`&<-]|\.\./")
_TEMPORARY: Final = re.compile(r"(?i)\$\(mktemp|\$\{?\w*(?:temp|tmp|out|log|github)")
_USUALLY_IGNORED: Final = re.compile(
    r"(?:\./)?(?:build|dist|target|out|temp|tmp|logs?|coverage|node_modules|\.[\w.-]*cache)/|.*\.(?:log|temp|tmp|o|pyc)\Z"
)
_BEFORE_PROGRAM: Final = re.compile(
    r"if|then|else|elif|while|until|do|!|\{|time|sudo|env|nice|xargs|exec|command|npx|uvx|pnpm|yarn|uv|poetry|run"
    r"|-.*|[A-Za-z_]\w*=.*",
    re.DOTALL,
)
"""Words in front of the name of the program."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that the text makes: `what` makes it (`sed -i`, `> notes.txt`), at `start` to `end` of the text.

    `target` is the file as it is written, if the text names one.
    """

    what: str
    target: str
    start: int
    end: int


@dataclass(slots=True)
class _Command:
    words: list[re.Match[str]] = field(default_factory=list)
    outputs: list[tuple[str, re.Match[str]]] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [_plain(word[0]) for word in self.words]


def find_edits(text: str) -> list[Edit]:
    """The changes in their order, without those of files that the text removes, or that repositories usually ignore."""
    found: list[Edit] = []
    removed: set[str] = set()
    for command in _commands(text):
        program, arguments = _program(command)
        if program in {"cd", "pushd"} and not _in_tree(arguments[0] if arguments else "~"):
            break  # what follows is elsewhere
        if program == "rm":
            removed.update(arguments)
        found += _of_outputs(command)
        found += _of_program(program, arguments, command)
    return [each for each in found if each.target not in removed]


def may_commit(text: str) -> bool:
    """Whether the text may make a commit, undo what was changed, or run a script of the repository, which may do so."""
    if re.search(
        r"\bgit\b[^\n]*\b(?:am|merge|cherry-pick|revert|pull|rebase|stash|reset|checkout|restore|clean)\b", text
    ):
        return True
    for command in _commands(text):
        program, arguments = _program(command)
        script = arguments[0] if program in {"sh", "bash", ".", "source"} and arguments else ""
        if "/" in program or (script and not script.startswith("-")):
            return True
    return "commit" in text


def _commands(text: str) -> Iterator[_Command]:
    document = _HERE_DOCUMENT.search(text)
    if document is not None:
        text = text[: document.start()]
    text = _NOT_READ.sub(lambda found: " " * len(found[0]), text)
    command, operator, position = _Command(), "", 0
    while found := _TOKEN.match(text, position):
        position = found.end()
        if found["operator"] is not None:
            operator = found["operator"]
        elif found["separator"] is not None:
            yield command
            command, operator = _Command(), ""
        elif found["word"] is not None and operator:
            if ">" in operator:
                command.outputs.append((operator, found))
            operator = ""
        elif found["word"] is not None:
            command.words.append(found)
    yield command


def _program(command: _Command) -> tuple[str, list[str]]:
    words = command.texts
    while words and _BEFORE_PROGRAM.fullmatch(words[0]):
        words = words[1:]
    if words[:2] in (["python", "-m"], ["python3", "-m"]):
        words = words[2:]
    return (words[0], words[1:]) if words else ("", [])


def _of_outputs(command: _Command) -> Iterator[Edit]:
    for operator, target in command.outputs:
        name = _plain(target[0])
        if not operator.endswith("&") and _in_tree(name):
            yield Edit(f"> {name}", name, target.start(), target.end())


def _of_program(program: str, arguments: Sequence[str], command: _Command) -> Iterator[Edit]:
    named = WRITERS.get(program)
    operands = [each for each in arguments if not each.startswith("-")]
    if named is not None and operands:
        for target in filter(_in_tree, operands[-1:] if named == "last" else operands):
            yield _edit(program, target, command)
    shown = EDITORS[program](list(arguments)) if program in EDITORS else ""
    target = operands[-1] if operands else ""
    if shown and not target.startswith(("/", "~", "../")) and not _TEMPORARY.match(target):
        yield _edit(shown, target, command)


def _edit(what: str, target: str, command: _Command) -> Edit:
    return Edit(what, target, command.words[0].start(), command.words[-1].end())


def _in_tree(target: str) -> bool:
    if _OF_ITEM.match(target):
        return True
    return bool(target) and not _ELSEWHERE.match(target) and not _USUALLY_IGNORED.match(target)


def _plain(word: str) -> str:
    return _MARKS.sub("", word)


def _flag(name: str, pattern: str) -> Callable[[list[str]], str]:
    """An editor that writes when one of its options matches."""

    def shown(arguments: list[str]) -> str:
        option = next((each for each in arguments if re.fullmatch(pattern, each)), None)
        return "" if option is None else f"{name} {option}"

    return shown


def _unless(name: str, pattern: str, *subcommand: str) -> Callable[[list[str]], str]:
    """An editor that writes unless one of its options matches."""

    def shown(arguments: list[str]) -> str:
        if subcommand and arguments[: len(subcommand)] != list(subcommand):
            return ""
        return "" if any(re.fullmatch(pattern, each) for each in arguments) else " ".join((name, *subcommand))

    return shown


def _ruff(arguments: list[str]) -> str:
    return _unless("ruff", "--check|--diff", "format")(arguments) or _flag("ruff", "--fix")(arguments)


def _git(arguments: list[str]) -> str:
    return f"git {arguments[0]}" if arguments[:1] and arguments[0] in {"mv", "rm", "apply"} else ""


WRITERS: Final = {"tee": "all", "touch": "all", "cp": "last", "mv": "last"}
"""Programs that write the files which all their operands, or the last, name."""
EDITORS: Final[Mapping[str, Callable[[list[str]], str]]] = {
    "sed": _flag("sed", r"-[nErsz]*i.*|--in-place.*"),
    "perl": _flag("perl", r"-[a-z0]*i.*"),
    "ruff": _ruff,
    "black": _unless("black", "--check|--diff|-c|--code"),
    "isort": _unless("isort", "--check|--check-only|-c|--diff"),
    "prettier": _flag("prettier", "--write|-w"),
    "eslint": _flag("eslint", "--fix"),
    "gofmt": _flag("gofmt", "-[ls]*w[ls]*"),
    "goimports": _flag("goimports", "-[ls]*w[ls]*"),
    "shfmt": _flag("shfmt", "-[a-z]*w|--write"),
    "clang-format": _flag("clang-format", "-i"),
    "rustfmt": _unless("rustfmt", "--check"),
    "cargo": _unless("cargo", "--check", "fmt"),
    "terraform": _unless("terraform", "-check|-diff", "fmt"),
    "pyupgrade": _unless("pyupgrade", "--help"),
    "patch": _unless("patch", "--dry-run"),
    "git": _git,
}
"""Programs that edit files in place → how they are called for a reader when they do; "" when they only read."""
