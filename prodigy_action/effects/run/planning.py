"""From the map's input to assignments on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prodigy_action.environment import ItemReader, RunEnv
from prodigy_action.model.events import ItemNotRun, Planned, PlannedItem
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.plan import Selection, WorkAssignment
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.items.map_input import MapInput, json_path_of, resolve_input
from prodigy_action.pure.items.source import select_items
from prodigy_action.pure.steps.run_variables import RunVariables
from prodigy_action.pure.work_planning import EXCLUDED, MapConfig, choose_assignments, select_work
from prodigy_action.runtime import effect


async def read_selection(
    reader: ItemReader,
    worktree: str,
    phase: MapPhase,
    config: MapConfig,
    variables: RunVariables,
    captured: Mapping[str, JsonValue],
    *,
    nothing_read: Callable[[MapInput], None] = lambda _: None,
) -> Selection:
    """The assignments of a map: what a run executes, and what `plan` shows.

    `nothing_read` is called for an input without items. Raises `InvalidInput` for an input that cannot be read,
    `UndefinedVariable`.
    """
    if phase.items is not None:
        return select_work(select_items(list(phase.items), json_path_of(phase)), config)
    wanted = resolve_input(phase, variables, captured)
    items = await reader.read(worktree, wanted)
    if not items:
        nothing_read(wanted)
    return select_work(items, config)


@effect
async def select_work_effect(env: RunEnv, phase: MapPhase, captured: Mapping[str, JsonValue]) -> Selection:
    """Read the map's input and plan, with what setup `captured`. Raises `InvalidInput` for an unreadable input."""
    selection = await read_selection(
        env.items,
        env.repository.parent_worktree.path,
        phase,
        env.map_config,
        env.initial,
        captured,
        nothing_read=lambda wanted: env.log.warning("no_items_selected", input=wanted.text, json_path=phase.json_path),
    )
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
    chosen = list(choose_assignments(selection, env.only).assignments)
    ids = {each.id for each in chosen}
    for each in selection.assignments:
        if each.id not in ids:
            await env.storage.append(ItemNotRun(item_id=each.id, reason=EXCLUDED))
    return chosen
