"""What the language accepts and this version does not act upon: a warning each, never silence.

Remove a row when the feature works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from prodigy_action.inputs.placed import Path

if TYPE_CHECKING:
    from prodigy_action.errors import Diagnostic
    from prodigy_action.inputs.placed import SourceMap

NOT_ACTED_UPON: Final[Mapping[str, tuple[frozenset[object] | None, str]]] = {
    "error_policy.circuit_breaker": (None, "items are admitted whatever fails in a row"),
    "error_policy.error_collection": (frozenset({"immediate", "batched"}), "failures are told as they are logged"),
}
"""Path of the model (`**.x` for `x` of any step) → the values that have no effect (`None`: all) and what is done."""


def unsupported_warnings(
    plain: object, positions: SourceMap, table: Mapping[str, tuple[frozenset[object] | None, str]] = NOT_ACTED_UPON
) -> Iterator[Diagnostic]:
    """A warning for each written value of the table."""
    for path, value in _values(plain):
        dotted = ".".join(str(part) for part in path)
        for pattern, (values, instead) in table.items():
            anywhere = pattern.startswith("**.")
            if not (dotted.endswith(pattern[2:]) if anywhere else dotted == pattern):
                continue
            if values is None or (isinstance(value, str | bool | int) and value in values):
                message = f"`{path[-1]}` has no effect yet: {instead}"
                yield replace(positions.diagnostic(path, message, code="no-effect"), severity="warning")


def _values(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    if path:
        yield path, value
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _values(inner, (*path, index))
