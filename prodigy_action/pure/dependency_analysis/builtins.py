"""Shell builtins with arguments of their own form: test, printf, read, set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from prodigy_action.pure.dependency_analysis.argument_words import ArgumentWord
from prodigy_action.pure.dependency_analysis.footprint import Access, FootprintBuilder

FILE_TESTS = frozenset(f"-{letter}" for letter in "bcdefghkLprsSuwxGO")
FILE_COMPARISONS = frozenset({"-nt", "-ot", "-ef"})
TEXT_TESTS = frozenset({"-n", "-z", "-t"})
_COMPARISONS = frozenset({"=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_CONNECTIVES = frozenset({"!", "-a", "-o"})
_SHELL_OPTIONS = re.compile(r"[-+][efux]+")
_NAME = re.compile(r"[A-Za-z_]\w*")
_STORES = re.compile(r"%[^%a-zA-Z]*[hlqjzt]*n")


def touch_test(bracket: str, words: Sequence[ArgumentWord], builder: FootprintBuilder) -> None:
    """`test`, `[` and `[[`: file operators read paths, comparisons touch no file."""
    if bracket == "[[" and any(_NAME.search(word.text) or word.dynamic for word in words if _arithmetic(words)):
        builder.stop_at("[[ evaluates the operands of an arithmetic comparison")
    for position, word in enumerate(words):
        before = words[position - 1].literal if position else None
        after = words[position + 1].literal if position + 1 < len(words) else None
        if word.odd:
            builder.stop_at(f"{word.text!r} is more than is understood")
        elif before in FILE_TESTS or before in FILE_COMPARISONS or after in FILE_COMPARISONS:
            builder.touch(word, Access.READ)
        elif word.splits or word.glob:
            builder.touch(word, Access.TEXT)
        if re.fullmatch(r"-[A-Za-z]+", word.literal or "") and not _is_known_operator(word.prefix):
            builder.stop_at(f"{word.prefix!r} is no known operator of test")
    if any(word.dynamic for word in words) and not _plain_comparison(words):
        builder.stop_at("a value may turn into an operator of test")


def _is_known_operator(operator: str) -> bool:
    """Whether a word that looks like an operator of test is a known one."""
    return operator in FILE_TESTS | FILE_COMPARISONS | TEXT_TESTS | _COMPARISONS | _CONNECTIVES


def _arithmetic(words: Sequence[ArgumentWord]) -> bool:
    return any(re.fullmatch(r"-(?:eq|ne|lt|le|gt|ge)", word.text) for word in words)


def _plain_comparison(words: Sequence[ArgumentWord]) -> bool:
    """Whether no value of the dynamic words can turn one of them into a file operator."""
    rest = list(words)
    while rest and rest[0].literal == "!":
        rest.pop(0)
    if any(word.splits for word in rest):
        return False
    if len(rest) == 3:
        return rest[1].literal in _COMPARISONS
    return len(rest) <= 1 or (len(rest) == 2 and rest[0].literal in TEXT_TESTS | FILE_TESTS)


def _touch_bracket(words: Sequence[ArgumentWord], builder: FootprintBuilder) -> None:
    closed = bool(words) and words[-1].literal == "]"
    touch_test("[", words[:-1] if closed else words, builder)


def _touch_printf(words: Sequence[ArgumentWord], builder: FootprintBuilder) -> None:
    template = words[0].literal if words else ""
    if template is None or template.startswith("-") or _STORES.search(template):
        builder.stop_at(f"the format {words[0].text!r} of printf may set a variable")


def _touch_read(words: Sequence[ArgumentWord], builder: FootprintBuilder) -> None:
    for word in words:
        name = word.literal
        if name is not None and _NAME.fullmatch(name):
            builder.write_variable(name)
        elif name != "-r":
            builder.stop_at(f"the argument {word.text!r} of read is not understood")


def _touch_set(words: Sequence[ArgumentWord], builder: FootprintBuilder) -> None:
    for position, word in enumerate(words):
        option = word.literal or ""
        pipefail = option == "pipefail" and position > 0 and words[position - 1].literal in ("-o", "+o", "-eo", "-euo")
        opens_pipefail = option in ("-o", "+o", "-eo", "-euo") and words[position + 1 : position + 2] != []
        if not (_SHELL_OPTIONS.fullmatch(option) or pipefail or opens_pipefail):
            builder.stop_at(f"the argument {word.text!r} of set is not understood")


BUILTINS: Mapping[str, Callable[[Sequence[ArgumentWord], FootprintBuilder], None]] = {
    "test": lambda words, builder: touch_test("[", words, builder),
    "[": _touch_bracket,
    "printf": _touch_printf,
    "read": _touch_read,
    "set": _touch_set,
}
"""Builtins by name; each function records what the words of the call touch."""
