"""From the map's input to assignments on record."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.environment import RunEnv
from prodigy_action.model.events import ItemNotRun, Planned, PlannedItem
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.plan import Selection, WorkAssignment
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.items.source import select_items
from prodigy_action.pure.json_values.json_path import JsonPath
from prodigy_action.pure.shell.safety.input_command import input_command
from prodigy_action.pure.templates.interpolation import render_text
from prodigy_action.pure.work_planning import EXCLUDED, choose_assignments, select_work
from prodigy_action.runtime import effect


@effect
async def select_work_effect(env: RunEnv, phase: MapPhase, variables: Mapping[str, JsonValue]) -> Selection:
    """Read the map's input and plan. Raises `InvalidInput` for an input that cannot be read."""
    path = None if phase.json_path is None else JsonPath.parse(phase.json_path)
    if phase.items is not None:
        items = select_items(list(phase.items), path)
    else:
        written = phase.input or ""
        text = render_text(written, {**env.variables, **variables})
        worktree = env.repository.parent_worktree.path
        own = {name: value for name, value in env.variables.items() if name not in env.workflow.parameters}
        given = {name: value for name, value in env.variables.items() if name in env.workflow.parameters}
        items = await env.items.read(
            worktree,
            text,
            path,
            env.step_settings.environ,
            lambda: input_command(written, own, {**given, **variables}, exported=env.step_settings.environ),
        )
        if not items:
            env.log.warning("no_items_selected", input=text, json_path=phase.json_path)
    selection = select_work(items, env.map_config)
    env.log.info("items_planned", planned=len(selection.assignments), selected_out=selection.selected_out)
    return selection


@effect
async def record_plan_effect(env: RunEnv, selection: Selection, start: str) -> list[WorkAssignment]:
    """Put the plan on record; the assignments that are to run (`only` may exclude some, which is recorded)."""
    await env.storage.append(
        Planned(
            items=[
                PlannedItem(id=each.id, key=each.key, item=each.item, worktree_name=each.worktree_name)
                for each in selection.assignments
            ],
            selected_out=selection.selected_out,
            max_parallel=env.max_parallel,
            start_sha=start,
        )
    )
    if not env.only:
        return list(selection.assignments)
    chosen = list(choose_assignments(selection, env.only).assignments)
    ids = {each.id for each in chosen}
    for each in selection.assignments:
        if each.id not in ids:
            await env.storage.append(ItemNotRun(item_id=each.id, reason=EXCLUDED))
    return chosen
