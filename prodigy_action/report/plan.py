"""The plan as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodigy_action.errors import Diagnostic
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.model.plan_preview import PlannedPhase, PlannedShard, PlanPreview
from prodigy_action.pure.items.slicing import shard_matrix
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import visible

ASSIGNMENTS_SHOWN = 20
LINE_WIDTH = 100


def plan_document(plan: PlanPreview, *, explain: bool = False) -> dict[str, JsonValue]:
    """The JSON document of `plan --format json`."""
    selection = plan.selection
    document: dict[str, JsonValue] = {
        "workflow": plan.workflow,
        "items": None
        if selection is None
        else {
            "total": selection.total,
            "selected": len(selection.assignments),
            "source": selection.source,
        },
        "assignments": [
            {"id": each.id, "worktree_name": each.worktree_name, "key": each.key, "item": each.item}
            for each in (selection.assignments if selection is not None else ())
        ],
        "setup": _phase_document(plan.setup, explain),
        "reduce": _phase_document(plan.reduce, explain),
        "merge": _phase_document(plan.merge, explain),
        "agent": list(plan.agent),
        "max_parallel": plan.max_parallel,
        "matrix": None if plan.shards is None else shard_matrix(len(plan.shards)),
        "shards": None if plan.shards is None else [_shard_document(shard) for shard in plan.shards],
        "warnings": [_warning_text(warning) for warning in plan.warnings],
    }
    if explain:
        document["agent_places"] = list(plan.agent_places)
    if plan.notes:
        document["note"] = "; ".join(plan.notes)
    return document


def _shard_document(shard: PlannedShard) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = {"items": list(shard.items)}
    return document if shard.seconds is None else {**document, "seconds": round(shard.seconds, 3)}


def _warning_text(warning: Diagnostic) -> str:
    return f"{warning.place}: {warning.message}"


def _phase_document(phase: PlannedPhase, explain: bool) -> Mapping[str, JsonValue]:
    document: dict[str, JsonValue] = {
        "steps": list(phase.steps),
        "batches": [list(batch) for batch in phase.batches],
    }
    if explain:
        document["places"] = list(phase.places)
        document["edges"] = [
            {"before": edge.before, "after": edge.after, "reasons": list(edge.reasons)} for edge in phase.edges
        ]
    return document


def render_plan(plan: PlanPreview, *, explain: bool = False) -> str:
    """The plan for a terminal; long lists and lines are cut, control characters made visible."""
    lines = [f"workflow  {_shown(plan.workflow)}"]
    lines += _phase_lines("setup", plan.setup, explain)
    lines += _map_lines(plan, explain)
    lines += _phase_lines("reduce", plan.reduce, explain)
    lines += _phase_lines("merge", plan.merge, explain)
    lines += [f"note      {_shown(note)}" for note in plan.notes]
    return "\n".join(lines) + "\n"


def _phase_lines(name: str, phase: PlannedPhase, explain: bool) -> list[str]:
    if not phase.steps:
        return []
    lines = [f"{name:<9} {_counted(len(phase.steps), 'step')} in {_counted(len(phase.batches), 'batch', 'batches')}"]
    for number, batch in enumerate(phase.batches, 1):
        beside = " (side by side)" if len(batch) > 1 else ""
        lines.append(f"  batch {number}{beside}")
        lines += [_step_line(index, phase.steps, phase.places if explain else ()) for index in batch]
    if explain:
        lines += [
            f"  step {edge.after + 1} waits for step {edge.before + 1}: {_shown('; '.join(edge.reasons))}"
            for edge in phase.edges
        ]
    return lines


def _map_lines(plan: PlanPreview, explain: bool) -> list[str]:
    if not plan.agent:
        return []
    bound = f", at most {plan.max_parallel} agents at once" if plan.max_parallel is not None else ""
    if plan.selection is None:
        lines = [f"map       items not known yet{bound}"]
    else:
        chosen = plan.selection.assignments
        items = f"{len(chosen)} of {_counted(plan.selection.total, 'item')}"
        source = f" of {_shown(plan.selection.source)}" if plan.selection.source else ""
        lines = [f"map       {items}{source}{bound}"]
        lines += [f"  item {each.id}  {_shown(compact_json(each.item))}" for each in chosen[:ASSIGNMENTS_SHOWN]]
        if len(chosen) > ASSIGNMENTS_SHOWN:
            lines.append(f"  … {len(chosen) - ASSIGNMENTS_SHOWN} more")
    places = plan.agent_places if explain else ()
    lines += ["  each agent runs", *(_step_line(index, plan.agent, places) for index in range(len(plan.agent)))]
    return lines


def _step_line(index: int, steps: Sequence[str], places: Sequence[str]) -> str:
    place = f"  ({visible(places[index])})" if places else ""
    return f"    {index + 1}. {_shown(steps[index])}{place}"


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _shown(text: str) -> str:
    return visible(cut(text.replace("\n", " ⏎ "), LINE_WIDTH))
