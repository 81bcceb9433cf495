"""What a value must be where the shell would otherwise read it as more than a text."""

from __future__ import annotations

import re
from enum import Enum


class Refused(Exception):
    """A place where no value may stand; the text is the reason."""


class ValueConstraint(Enum):
    """A condition on one value: its pattern, and what to say when a value does not meet it."""

    INTEGER = (
        re.compile(r"[+-]?[0-9]+\Z"),
        "stands in arithmetic, where a shell runs code in `a[$(…)]`: only an integer may stand here",
    )
    DESCRIPTOR = (
        re.compile(r"[0-9]+-?\Z|-\Z"),
        "names a file after >& or <&, which bash expands a second time: write &>file or >file 2>&1",
    )
    PLAIN_WORD = (
        re.compile(r"[A-Za-z0-9_./:@%+,=^-]*\Z"),
        "stands without quotes in a test, where it could become an operator: put double quotes around it",
    )
    NO_OPTION = (
        re.compile(r"(?![-+])"),
        "stands where a leading '-' makes it an option: write '--' or a word of its own before it",
    )
    PLAIN_FORMAT = (
        re.compile(r"[A-Za-z0-9_./:@%,=^][A-Za-z0-9_./:@%+,=^-]*\Z"),
        "is the format of printf, without quotes: write printf '%s' before it",
    )
    NO_PARENTHESIS = (
        re.compile(r"(?!\()"),
        "is declared beside arrays, where bash runs code in `($(…))`: assign it without declare",
    )

    def __init__(self, pattern: re.Pattern[str], reason: str) -> None:
        self.pattern = pattern
        self.reason = reason

    def accepts(self, value: str) -> bool:
        """Whether `value` meets the condition."""
        return self.pattern.match(value) is not None
