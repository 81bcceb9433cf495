"""The fields of a log event as words of a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.text.log_values import LogValue

NAMES_SHOWN: Final = 3
"""The most names of a list that a sentence has."""


def counted(number: int, one: str) -> str:
    """`1 file`, `1,200 files`."""
    return f"{number:,} {one if number == 1 else one + 's'}"


@dataclass(frozen=True, slots=True)
class Word:
    """One field. In a format it is its text, with a number its first characters (`{head:12}`), and with a noun the
    count of such things (`{files:file}` gives `3 files`; a list counts its elements).
    """

    value: LogValue

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        if isinstance(self.value, list):
            more = len(self.value) - NAMES_SHOWN
            names = ", ".join(str(Word(each)) for each in self.value[:NAMES_SHOWN])
            return f"{names} and {more} more" if more > 0 else names
        return "" if self.value is None else str(self.value)

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        return str(self)[: int(spec)] if spec.isdecimal() else counted(self.number, spec)

    @property
    def number(self) -> int:
        """A number, or how many elements there are."""
        if isinstance(self.value, list | dict):
            return len(self.value)
        return int(self.value) if isinstance(self.value, int | float) else 0


class Words(dict[str, Word]):
    """The fields of one event, with words made of them; a field that is not there reads as nothing.

    A word is made when a sentence asks for it: most sentences have one or two, and events many fields.
    """

    def __init__(self, fields: Mapping[str, LogValue]) -> None:
        super().__init__()
        self._fields = fields

    @classmethod
    def of(cls, fields: Mapping[str, LogValue]) -> Words:
        """The words of these fields."""
        return cls(fields)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __missing__(self, name: str) -> Word:
        word = self[name] = self._made(name)
        return word

    def _made(self, name: str) -> Word:
        match name:
            case "who":
                return self["item"] or Word(f"item {self['item_id']}")
            case "place":
                return Word(", ".join(filter(None, map(str, (self["within"], self["step"])))))
            case "time":
                seconds = self._fields.get("seconds")
                return Word(f" in {seconds:.1f} s" if isinstance(seconds, int | float) else None)
            case "position" if self["planned"] and "ended" in self:
                return Word(f"[{self['ended']}/{self['planned']}] ")
            case _:
                return Word(self._fields.get(name))

    def parts(self, name: str) -> list[Words]:
        """The words of each element of a list."""
        value = self[name].value
        return [Words.of(each) for each in value if isinstance(each, dict)] if isinstance(value, list) else []
