"""From the map's input to recorded assignments."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from prodigy_action.environment import ItemReader, RunEnv
from prodigy_action.errors import PhaseFailed
from prodigy_action.model.assignment import Selection, WorkAssignment
from prodigy_action.model.events import ItemNotRun, Planned, PlannedItem
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.items.chosen import check_names, choose_assignments
from prodigy_action.pure.items.map_input import ReadItems, json_path_of, resolve_input
from prodigy_action.pure.items.nothing_selected import SelectionWarning, why_nothing
from prodigy_action.pure.items.source import select_items
from prodigy_action.pure.items.timings import seconds_of
from prodigy_action.pure.steps.run_variables import RunVariables
from prodigy_action.pure.work_planning import EXCLUDED, MapConfig, select_work
from prodigy_action.runtime import effect


async def read_selection(
    reader: ItemReader,
    worktree: str,
    phase: MapPhase,
    config: MapConfig,
    variables: RunVariables,
    captured: Mapping[str, JsonValue],
    *,
    only: tuple[str, ...],
    warn: Callable[[SelectionWarning], None],
    inspect: Callable[[Sequence[JsonValue], Selection], None],
) -> Selection:
    """The assignments of a map: what a run executes, and what `plan` shows.

    `warn` is called when there are none, and for a glob of `only` that names none of them; `inspect` gets the items
    that were read, and those of them that were chosen. Raises `InvalidInput` for an input that cannot be read and for
    an `only` that names no item, `UndefinedVariable`, and `PhaseFailed` for a map without items whose `on_empty` says
    so.
    """
    if phase.items is not None:
        read = ReadItems(select_items(list(phase.items), json_path_of(phase)), "the list in the workflow")
    else:
        read = await reader.read(worktree, resolve_input(phase, variables, captured))
    selection = replace(select_work(read.items, config), source=read.source, by_command=read.by_command)
    reason = why_nothing(phase, config, read, selection)
    if reason is not None and phase.on_empty == "fail":
        raise PhaseFailed(f"no items: {reason.message}", phase="map")
    if reason is not None and phase.on_empty == "warn":
        warn(reason)
    inspect(read.items, selection)
    for questionable in check_names(selection.assignments, only):
        warn(questionable)
    return selection


@effect
async def select_work_effect(env: RunEnv, phase: MapPhase, captured: Mapping[str, JsonValue]) -> Selection:
    """Read the map's input and plan, with what setup `captured`. Raises `InvalidInput` for an unreadable input."""
    selection = await read_selection(
        env.items,
        posixpath.normpath(posixpath.join(env.repository.parent_worktree.path, env.step_settings.directory)),
        phase,
        env.map_config,
        env.initial,
        captured,
        only=env.only,
        warn=env.warn_of_selection,
        inspect=env.inspect_items,
    )
    env.log.info(
        "items_planned",
        source=selection.source,
        planned=len(selection.assignments),
        selected_out=selection.selected_out,
    )
    return selection


@effect
async def record_plan_effect(env: RunEnv, selection: Selection, start: str) -> list[WorkAssignment]:
    """Record the plan; returns the assignments to run (`only` may exclude some, which is recorded)."""
    await env.storage.append(
        Planned(
            items=[
                PlannedItem(id=each.id, key=each.key, item=each.item, worktree_name=each.worktree_name)
                for each in selection.assignments
            ],
            selected_out=selection.selected_out,
            max_parallel=env.max_parallel,
            start_sha=start,
            seconds=seconds_of(selection.assignments, env.recorded_seconds),
        )
    )
    chosen = list(choose_assignments(selection, env.only).assignments)
    ids = {each.id for each in chosen}
    for each in selection.assignments:
        if each.id not in ids:
            await env.storage.append(ItemNotRun(item_id=each.id, reason=EXCLUDED))
    return chosen
