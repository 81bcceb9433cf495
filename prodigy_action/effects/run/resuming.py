"""Resuming an earlier attempt: the result of setup, the recorded items, and the items left to run."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.effects.run.planning import select_work_effect
from prodigy_action.environment import MapEnv, MapRepository, RunEnv
from prodigy_action.errors import PhaseFailed
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.events import ItemConflicted, ItemLanded, ItemNotRun
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.item_titles import ItemTitles
from prodigy_action.pure.items.outcome import recorded_submission
from prodigy_action.pure.journal.fingerprints import CARRIED, fingerprint_setup
from prodigy_action.pure.journal.packed_end import PackedEnd
from prodigy_action.pure.journal.resume_plan import ResumePlan, replace_withheld, why_setup_repeats
from prodigy_action.runtime import effect


@effect
async def keep_start_effect(env: RunEnv, repository: MapRepository, *, travels: bool = False) -> str:
    """Put the result of setup on disk before the plan is recorded; returns the commit that agents start from.
    `travels`: jobs with other checkouts use it.
    """
    start = await repository.keep_start(travels=travels)
    inputs = fingerprint_setup(env.fingerprints, env.repository.brought_digest)
    await env.storage.append(start.model_copy(update={"inputs": inputs}))
    return start.start_sha


@effect
async def why_setup_repeats_effect(env: RunEnv, plan: ResumePlan, *, travelled: bool = False) -> str | None:
    """Why setup must run again; None when the earlier result is used. Both are logged.

    `travelled`: the files that `map.carry` selected have come with that result.
    """
    inputs = fingerprint_setup(env.fingerprints, env.repository.brought_digest)
    if travelled:
        inputs[CARRIED] = plan.earlier.start.inputs.get(CARRIED, "")
    keeps_running = any(step.keep_running for step in env.workflow.setup.steps)
    why = why_setup_repeats(plan, inputs, keeps_running=keeps_running)
    if why is None:
        env.log.info("setup_not_repeated", start=plan.earlier.start.start_sha)
    else:
        env.log.warning("setup_repeated", reason=why)
    return why


@effect
async def restore_start_effect(env: RunEnv, plan: ResumePlan) -> Mapping[str, JsonValue]:
    """Bring the parent worktree to the state in which setup left it; returns the captures of setup."""
    await env.repository.restore_start(plan.earlier.start)
    return plan.earlier.variables


@effect
async def adopt_start_effect(env: RunEnv, plan: ResumePlan) -> None:
    """After setup was repeated: keep the commit that finished items started from."""
    if not await env.repository.adopt_start(plan.earlier.start.start_sha):
        raise PhaseFailed(
            "setup was repeated and came to other files than in the earlier attempt, which finished items started "
            "from: run without resume-from",
            phase="setup",
        )


@effect
async def check_out_recorded_effect(env: RunEnv, head: str) -> Mapping[str, JsonValue]:
    """Bring the parent worktree to what the earlier attempt had come to: it is only to be published."""
    await env.repository.check_out(head)
    env.log.info("nothing_left_to_run", head=head)
    return {}


@effect
async def begin_resumed_map_effect(
    env: RunEnv, repository: MapRepository, phase: MapPhase, variables: Mapping[str, JsonValue], plan: ResumePlan
) -> list[WorkAssignment]:
    """Put on record which items are not run this time, and say what is; the assignments that are to run."""
    if plan.land_on is not None:
        await repository.land_on(plan.land_on.head, plan.land_on.landed)
    for item_id, reason in plan.left_out:
        await env.storage.append(ItemNotRun(item_id=item_id, reason=reason))
    env.log.info(
        "run_resumed",
        planned=len(plan.earlier.planned.items),
        finished=len(plan.finished_before),
        to_run=len(plan.rerun),
    )
    withheld = set(plan.earlier.planned.withheld)
    if withheld.isdisjoint(assignment.id for assignment in plan.rerun):
        return list(plan.rerun)
    # In the journal the secrets of these items are masked: only their source has the values.
    selection = await select_work_effect(phase, variables).run(env)
    return replace_withheld(plan, selection)


@effect
async def submit_recorded_effect(env: MapEnv, plan: ResumePlan | None) -> None:
    """Submit the items that earlier attempts recorded; they land in item order, together with items that run now."""
    if plan is None:
        return
    held = plan.landed_before
    for record in plan.finished_before:
        waits = record.item_id in held or record.based_on is not None or not record.made_objects
        await env.merge_queue.resolve(
            record.item_id, None if waits else recorded_submission(record.unpacked()), number=0
        )


@effect
async def transplant_effect(env: RunEnv, repository: MapRepository, end: PackedEnd, titles: ItemTitles) -> None:
    """Land an item that an earlier attempt executed on top of what had landed at that time."""
    record = end.unpacked()
    submission = recorded_submission(record)
    if submission is None:
        return
    landed = await repository.parent.rebase(record.item_id, submission, titles.merge_message(record.item_id))
    if landed is not None:
        await env.storage.append(ItemLanded(item_id=record.item_id, commit=landed.commit, how="rerun"))
        return
    await env.storage.append(ItemConflicted(item_id=record.item_id, files=record.files_changed, with_items=[]))
    env.log.warning("item_conflicted", item_id=record.item_id, files=record.files_changed, with_items=[])
