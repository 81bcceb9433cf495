"""The numbers and rules of the map, with the values of their variables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.errors import Diagnostic, ExpressionError, InvalidInput
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.expressions.filters import Filter
from prodigy_action.pure.expressions.sorting import SortOrder
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.steps.workflow_variables import resolve_number
from prodigy_action.pure.templates.interpolation import escaped_glob, render_glob
from prodigy_action.pure.work_planning import MapConfig

_BRACED = re.compile(r"\$\{[A-Za-z_][^{}]*\}")


def map_config(phase: MapPhase | None, variables: Mapping[str, JsonValue]) -> MapConfig:
    """What of the map decides about items, compiled. Raises `InvalidInput` for a value that is not a number."""
    if phase is None:
        return MapConfig()
    return MapConfig(
        filter=None if phase.filter is None else Filter.parse(phase.filter),
        sort_by=None if phase.sort_by is None else SortOrder.parse(phase.sort_by),
        distinct=None if phase.distinct is None else FieldPath.parse(phase.distinct),
        offset=resolve_number(phase.offset, variables, field="map.offset", minimum=0),
        max_items=None
        if phase.max_items is None
        else resolve_number(phase.max_items, variables, field="map.max_items", minimum=0),
        key=None if phase.key is None else FieldPath.parse(phase.key),
    )


def resolve_max_parallel(settings: Settings, phase: MapPhase | None, variables: Mapping[str, JsonValue]) -> int:
    """How many agents may run at once: the input, else the workflow's `max_parallel`. Raises `InvalidInput`."""
    if settings.max_parallel is not None:
        return settings.max_parallel
    if phase is None:
        return 1
    return resolve_number(phase.max_parallel, variables, field="map.max_parallel", minimum=1)


def resolve_carry(phase: MapPhase, variables: Mapping[str, JsonValue], directory: str = ".") -> MapPhase:
    """The map with the values of variables in the patterns of `carry`, and with patterns that count from the top of the
    repository instead of from `directory`. Raises `InvalidInput` for an unknown variable.
    """
    globs: list[str] = []
    for written in phase.carry:
        try:
            glob = render_glob(written, variables)
        except ExpressionError as error:
            raise InvalidInput(
                [Diagnostic(f"map.carry: {error.message}", source="map.carry", hint=error.hint)]
            ) from error
        if unknown := _BRACED.search(glob):
            hint = "set it under env, in a profile, or as a parameter: `carry` is read before setup"
            raise InvalidInput(
                [Diagnostic(f"map.carry: the variable {unknown[0]!r} is not defined", source="map.carry", hint=hint)]
            )
        globs.append(glob if directory == "." else _from_top(glob, directory))
    return phase.model_copy(update={"carry": tuple(globs)})


def _from_top(pattern: str, directory: str) -> str:
    """A pattern of gitignore that stands for the same files when it is read at the top of the repository."""
    negated = "!" if pattern.startswith("!") else ""
    rest = pattern.removeprefix("!")
    anywhere = "" if "/" in rest.rstrip("/") else "**/"
    return f"{negated}/{escaped_glob(directory)}/{anywhere}{rest.removeprefix('/')}"
