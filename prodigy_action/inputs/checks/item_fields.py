"""Fields that the items do not have, when the items are known: in the steps of agents, and in what selects items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic, ExpressionError
from prodigy_action.inputs.checks.located_steps import workflow_steps
from prodigy_action.inputs.checks.name_places import span_of_name
from prodigy_action.inputs.checks.step_texts import step_texts
from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.items.missing_fields import MissingField, find_missing_field
from prodigy_action.pure.json_values.field_path import FieldPath
from prodigy_action.pure.templates.placeholders import PathPart
from prodigy_action.pure.templates.value_text import line_of

if TYPE_CHECKING:
    from prodigy_action.model.assignment import Selection
    from prodigy_action.model.workflow import MapPhase, Workflow

_NAMES_SHOWN = 12


def find_unknown_item_fields(
    workflow: Workflow, positions: SourceMap, read: Sequence[JsonValue], selection: Selection
) -> list[Diagnostic]:
    """A warning for each field that items lack: of the items that were `read` for the fields that select items, of
    those of the `selection` for the steps of agents. A field with a default, and one that a condition asks for, may be
    missing.
    """
    if workflow.map is None:
        return []
    found: list[Diagnostic] = []
    chosen = [each.item for each in selection.assignments]
    texts = [*_of_selection(workflow.map, read), *_of_steps(workflow, chosen)]
    for path, span, missing in texts:
        if len(found) >= PROBLEM_LIMIT:
            break
        names = missing.known[:_NAMES_SHOWN]
        guess = suggest(missing.name, missing.known)
        hint = f"did you mean `{guess}`?" if guess else f"known are {', '.join(names)}" if names else None
        if missing.lacking < missing.total:
            message = f"{missing.lacking} of {missing.total} items have no `{missing.name}`"
            hint = "give it a default: ${item.field:-default}" if path[:2] == ("map", "agent_template") else hint
        else:
            message = f"no item has `{missing.name}`"
        diagnostic = positions.diagnostic(path, message, hint=hint, code="unknown-field", span=span)
        found.append(replace(diagnostic, severity="warning"))
    return list(dict.fromkeys(found))


def _of_steps(workflow: Workflow, items: Sequence[JsonValue]) -> Iterator[tuple[Path, tuple[int, int], MissingField]]:
    from prodigy_action.pure.expressions.names import condition_paths
    from prodigy_action.pure.templates.interpolation import parse_template

    for placed in workflow_steps(workflow):
        if placed.path[:2] != ("map", "agent_template") or "foreach" in placed.path or "workflow" in placed.path:
            continue
        condition = placed.step.when or ""
        for path_of in condition_paths(condition) if "item" in condition else ():
            missing = find_missing_field(items, path_of.segments[1:]) if path_of.segments[0] == "item" else None
            if missing is not None and missing.lacking == missing.total:
                yield (*placed.path, "when"), span_of_name(missing.name, condition, field=True), missing
        for path, text in step_texts(placed.step):
            if "${item" not in text:
                continue
            for placeholder in parse_template(text, {"item"}).placeholders:
                if placeholder.default is None and len(placeholder.path) > 1:
                    missing = find_missing_field(_readable(items, placeholder.path), placeholder.path[1:])
                    if missing is not None:
                        yield (*placed.path, *path), (placeholder.start, placeholder.end), missing


def _readable(items: Sequence[JsonValue], path: Sequence[PathPart]) -> Sequence[JsonValue]:
    """The items as `${item.value}` reads them: a text, a number and a line have that field; for any other path as they
    are.
    """
    if tuple(path) != ("item", "value"):
        return items
    return [item if (line := line_of(item)) is None else {"value": line} for item in items]


def _of_selection(phase: MapPhase, items: Sequence[JsonValue]) -> Iterator[tuple[Path, tuple[int, int], MissingField]]:
    for field, text, paths in _selecting(phase):
        for path in paths:
            missing = find_missing_field(items, path.segments)
            if missing is None or missing.lacking < missing.total:
                continue
            yield ("map", field), span_of_name(missing.name, text, field=True), missing


def _selecting(phase: MapPhase) -> Iterator[tuple[str, str, Sequence[FieldPath]]]:
    from prodigy_action.pure.expressions.names import filter_fields
    from prodigy_action.pure.expressions.sorting import SortOrder

    try:
        if phase.filter is not None:
            yield "filter", phase.filter, filter_fields(phase.filter)
        if phase.sort_by is not None:
            yield "sort_by", phase.sort_by, [key.path for key in SortOrder.parse(phase.sort_by).keys]
        for field in ("distinct", "key"):
            text = getattr(phase, field)
            if text is not None:
                yield field, text, [FieldPath.parse(text)]
    except ExpressionError:
        return  # reported when the workflow was loaded
