"""Field values as a log shows them: secrets masked, size limited, only types that JSON has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TypeAlias

from prodigy_action.dataclass import dataclass

LogValue: TypeAlias = "str | int | float | bool | list[LogValue] | dict[str, LogValue] | None"

_LARGEST_INTEGER = 10**40


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much of a value is shown: characters per text, elements per container, containers inside containers."""

    text: int = 2000
    elements: int = 50
    depth: int = 6


def shown_value(value: object, mask: Callable[[str], str], limits: LogLimits) -> LogValue:
    """`value` as plain JSON, cut to `limits`, every text passed through `mask` first."""
    kind = type(value)  # most values are of these, and asking whether one is a container costs more than all the rest
    if kind is str:
        return _cut(mask(value), limits.text)  # type: ignore[arg-type]  # a checker does not follow `kind`
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < _LARGEST_INTEGER:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, Mapping | Sequence | Set) and not isinstance(value, str | bytes | bytearray):
        return _shown_container(value, mask, limits)
    return _cut(mask(_text(value)), limits.text)


def _shown_container(
    value: Mapping[object, object] | Iterable[object], mask: Callable[[str], str], limits: LogLimits
) -> LogValue:
    if limits.depth == 0:
        return "…"
    inner = _inside(limits)
    if isinstance(value, Mapping):
        pairs = list(islice(value.items(), limits.elements))
        shown = {_cut(mask(_text(key)), limits.text): shown_value(element, mask, inner) for key, element in pairs}
        return {**shown, "…": f"{len(value) - len(pairs)} more"} if len(value) > len(pairs) else shown
    elements = list(value)
    kept = [shown_value(element, mask, inner) for element in elements[: limits.elements]]
    return [*kept, f"… ({len(elements) - len(kept)} more)"] if len(elements) > len(kept) else kept


@cache
def _inside(limits: LogLimits) -> LogLimits:
    return replace(limits, depth=limits.depth - 1)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="replace")
    if isinstance(value, int):
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    return str(value)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"
