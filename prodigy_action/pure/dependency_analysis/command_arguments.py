"""From the arguments of a known command to the paths it touches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prodigy_action.pure.dependency_analysis.argument_words import ArgumentWord
from prodigy_action.pure.dependency_analysis.footprint import Access, FootprintBuilder
from prodigy_action.pure.dependency_analysis.known_commands import KnownCommand

_NUMERIC_FLAG = re.compile(r"-\d+")
_JQ_READS_ELSEWHERE = re.compile(r"\b(?:import|include|modulemeta|env)\b|\$ENV\b")


class _ArgumentReader:
    """Sorts one command's words into options, their values and operands."""

    def __init__(self, name: str, known: KnownCommand, builder: FootprintBuilder) -> None:
        self._name = name
        self._known = known
        self._builder = builder
        self._options: set[str] = set()
        self._operands: list[ArgumentWord] = []

    def read(self, words: Sequence[ArgumentWord]) -> None:
        rest = iter(words)
        for word in rest:
            if word.splits or (word.dynamic and word.prefix[:1] in ("", "-")):
                self._builder.stop_at(f"{word.text!r} may be any path or an option of {self._name!r}")
            elif word.glob and word.prefix.startswith("-"):
                self._builder.stop_at(f"{word.text!r} may be an option of {self._name!r}")
            elif word.prefix == "--" and not word.glob:
                self._operands.extend(rest)
            elif word.prefix.startswith("--"):
                self._long_option(word.prefix, rest)
            elif word.prefix.startswith("-") and word.prefix != "-":
                self._short_options(word.prefix, rest)
            else:
                self._operands.append(word)
        self._touch_operands()

    def _long_option(self, text: str, rest: Iterator[ArgumentWord]) -> None:
        name, equals, value = text.partition("=")
        self._options.add(name)
        if name in self._known.pairs and not equals:
            self._value(name, Access.TEXT, next(rest, None))
            self._value(name, self._known.pairs[name], next(rest, None))
        elif name in self._known.values:
            self._value(name, self._known.values[name], ArgumentWord(value, value) if equals else next(rest, None))
        elif name not in self._known.long_flags or equals:
            self._unknown(text)

    def _short_options(self, text: str, rest: Iterator[ArgumentWord]) -> None:
        if self._known.numeric_flag and _NUMERIC_FLAG.fullmatch(text):
            return
        for position, letter in enumerate(text[1:], start=2):
            name = "-" + letter
            self._options.add(name)
            if name in self._known.values:
                value = text[position:]
                self._value(name, self._known.values[name], ArgumentWord(value, value) if value else next(rest, None))
                return
            if letter not in self._known.flags:
                self._unknown(name)
                return

    def _value(self, option: str, access: Access, word: ArgumentWord | None) -> None:
        if word is None:
            self._builder.stop_at(f"the option {option!r} of {self._name!r} has no value")
        elif word.splits or word.glob:
            self._builder.stop_at(f"the value {word.text!r} of {option!r} may become several words")
        else:
            self._builder.touch(word, access)

    def _unknown(self, option: str) -> None:
        self._builder.stop_at(f"{option!r} is no known option of {self._name!r}")

    def _touch_operands(self) -> None:
        known, operands = self._known, self._operands
        first = None if self._options & known.first_given_by else known.first
        last = None if self._options & known.last_given_by else known.last
        if any(word.glob for word in operands):
            for access in {known.operands, *filter(None, (first, last))} - {Access.PROGRAM}:
                for word in operands:
                    self._builder.touch(word, access)
        if any(word.glob and not word.prefix for word in operands):
            self._touch_worktree()
        for position, word in enumerate(operands):
            if known.operand_prefix and not word.prefix.startswith(known.operand_prefix):
                self._builder.stop_at(f"{word.text!r} is no known operand of {self._name!r}")
            is_last = last is not None and position == len(operands) - 1 and position > 0
            access = last if is_last and last else (first if position == 0 and first else known.operands)
            self._touch_operand(word, access)
        if len(operands) <= (first is not None) and (
            "*" in known.reads_current_directory or self._options & known.reads_current_directory
        ):
            self._builder.touch_path(".", Access.READ)

    def _touch_operand(self, word: ArgumentWord, access: Access) -> None:
        if word.splits:
            self._builder.stop_at(f"{word.text!r} may become several operands of {self._name!r}")
        elif access is Access.PROGRAM and (word.literal is None or _JQ_READS_ELSEWHERE.search(word.literal)):
            self._builder.stop_at(f"the program {word.text!r} may read more than its input")
        else:
            self._builder.touch(word, access)

    def _touch_worktree(self) -> None:
        """A file whose name starts with a dash turns a leading glob into any option."""
        accesses = {self._known.operands, self._known.last, *self._known.values.values()}
        self._builder.touch_path(".", Access.READ)
        if accesses & {Access.WRITE, Access.CREATE}:
            self._builder.touch_path(".", Access.WRITE)


def touch_arguments(name: str, known: KnownCommand, words: Sequence[ArgumentWord], builder: FootprintBuilder) -> None:
    """Record in `builder` what the command `name` touches when called with `words`."""
    _ArgumentReader(name, known, builder).read(words)
