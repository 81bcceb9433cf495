"""`map.sort_by`: the order that items are numbered in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, UntypedText
from prodigy_action.pure.json_values.comparison import order_key
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.text.quoting import QUOTED_PATTERN
from prodigy_action.pure.text.suggestions import did_you_mean

_PART = re.compile(rf"(?:{QUOTED_PATTERN}|[^,'\"])+", re.DOTALL)
_WORD = re.compile(rf"(?:{QUOTED_PATTERN}|[^\s'\"])+", re.DOTALL)
_DIRECTIONS: Final = {"asc": False, "ascending": False, "desc": True, "descending": True}
_NUMBERS: Final = frozenset({int, float})


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field to sort by; nulls and missing fields go last in both directions unless `nulls_first`."""

    path: FieldPath
    descending: bool = False
    nulls_first: bool = False

    def __str__(self) -> str:
        return f"{self.path}{' DESC' if self.descending else ''}{' NULLS FIRST' if self.nulls_first else ''}"


@dataclass(frozen=True, slots=True)
class SortOrder:
    """A total, stable order of items by one or more keys; items that are equal in all keep their order."""

    keys: tuple[SortKey, ...]

    @classmethod
    def parse(cls, text: str) -> SortOrder:
        """Read `field [ASC|DESC] [NULLS FIRST|NULLS LAST], …`, words in any case.

        Raises `ExpressionError` with offsets into `text` for an unknown word, an empty part or a wrong path.
        """
        keys: list[SortKey] = []
        position = 0
        while True:
            part = _PART.match(text, position)
            end = part.end() if part else position
            if part is None or not part.group().strip():
                raise ExpressionError(
                    "a sort field is missing",
                    start=position,
                    end=max(end, position + 1),
                    hint="write field DESC, other",
                )
            if end < len(text) and text[end] != ",":
                raise ExpressionError("quoted text without a closing quote", start=end, end=len(text))
            keys.append(_sort_key(text, part.start(), end))
            if end == len(text):
                return cls(tuple(keys))
            position = end + 1

    def sort(self, items: Sequence[JsonValue]) -> list[JsonValue]:
        """The items in this order."""
        order = list(range(len(items)))
        for key in reversed(self.keys):
            column = _typed(list(map(key.path.getter(None), items)))
            present = [index for index in order if column[index] is not None]
            present.sort(key=_comparable(column), reverse=key.descending)
            if len(present) < len(order):
                absent = [index for index in order if column[index] is None]
                present = absent + present if key.nulls_first else present + absent
            order = present
        return [items[index] for index in order]

    def __str__(self) -> str:
        return ", ".join(map(str, self.keys))


def _typed(column: Sequence[JsonValue]) -> Sequence[JsonValue]:
    """The values; texts of a source without types that read as numbers as numbers, and empty ones beside them as
    missing.
    """
    if UntypedText not in set(map(type, column)):
        return column
    numbers = [value.number if isinstance(value, UntypedText) else None for value in column]
    if not any(number is not None for number in numbers):
        return [str(value) if isinstance(value, UntypedText) else value for value in column]
    return [
        value if not isinstance(value, UntypedText) else number if number is not None else str(value).strip() or None
        for value, number in zip(column, numbers, strict=True)
    ]


def _comparable(column: Sequence[JsonValue]) -> Callable[[int], Any]:
    """The values themselves when all are of one kind: comparing them is several times faster than comparing
    `order_key`s.
    """
    kinds = {float if issubclass(kind, float) else kind for kind in set(map(type, column))} - {type(None)}
    if kinds <= _NUMBERS or kinds == {str}:
        return column.__getitem__
    return [order_key(value) for value in column].__getitem__


def _sort_key(text: str, start: int, end: int) -> SortKey:
    path_word, *words = _WORD.finditer(text, start, end)
    try:
        path = FieldPath.parse(path_word.group())
    except ExpressionError as error:
        offset = path_word.start()
        raise ExpressionError(
            error.message, start=offset + error.start, end=offset + error.end, hint=error.hint
        ) from error
    descending, nulls_first = False, False
    if words and words[0].group().lower() in _DIRECTIONS:
        descending = _DIRECTIONS[words.pop(0).group().lower()]
    if words and words[0].group().lower() == "nulls":
        place = words[1].group().lower() if len(words) > 1 else ""
        if place not in ("first", "last"):
            wrong = words[min(1, len(words) - 1)]
            raise ExpressionError(
                "NULLS is followed by FIRST or LAST", start=wrong.start(), end=wrong.end(), hint="write NULLS LAST"
            )
        nulls_first = place == "first"
        del words[:2]
    if words:
        wrong = words[0]
        raise ExpressionError(
            f"unexpected {wrong.group()!r} after the sort field {path_word.group()!r}",
            start=wrong.start(),
            end=wrong.end(),
            hint=did_you_mean(wrong.group(), [*(word.upper() for word in _DIRECTIONS), "NULLS"]),
        )
    return SortKey(path, descending, nulls_first)
