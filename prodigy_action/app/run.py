"""`run`: connects adapters, environments, phases and reports."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import anyio

from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.git_engine import GitEngine, git_engine
from prodigy_action.adapters.repository.publishable import check_publishable
from prodigy_action.adapters.results.results_directory import refused_results_directory
from prodigy_action.app.composition import RunParts, compose_env, identity_of
from prodigy_action.app.early_checkout import EarlyCheckout
from prodigy_action.app.loading import load_run
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.report_run import finish_again, finish_run, judge
from prodigy_action.app.reproduction.inputs import inputs_of
from prodigy_action.app.results_directory import Moved, find_results, lock_results, open_results
from prodigy_action.app.resume import find_attempt, plan_from
from prodigy_action.app.shards import check_workflow, publishes, settings_of_job, shard_record
from prodigy_action.app.signals import watched_signals
from prodigy_action.app.start_run import ProgressMode, check_needed_programs, compose_parts, progress_mode
from prodigy_action.effects.run.publishing import publish_branch_effect
from prodigy_action.environment import RunEnv
from prodigy_action.errors import ExitCode, InvalidInput, JournalCorrupt, JournalUnwritable
from prodigy_action.inputs.documents.diagnostics import diagnostic_json
from prodigy_action.model.events import KeptRef, RunStarted
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import Workflow
from prodigy_action.phases.run import run_workflow
from prodigy_action.phases.shards import plan_shards, run_one_shard
from prodigy_action.pure.journal.fingerprints import fingerprint_workflow
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.runtime import Effect, EffectTimedOut, Failed, Ok, Outcome, pure

PUBLISH_SECONDS_WHEN_CANCELLED = 3.0
REFUSALS = (InvalidInput, JournalCorrupt)
"""Errors that end a run as if it had not started, as long as no phase has started."""


async def run(
    settings: Settings,
    world: ProcessContext,
    early: EarlyCheckout,
    shown: ProgressMode = "auto",
    *,
    quiet: bool = False,
) -> tuple[ExitCode, str]:
    """Carry out a run, or resume an earlier one, and report it; returns the exit code, and the last text for people.

    A `quiet` run shows warnings, failures and its result alone.

    Raises `InvalidInput` before anything is changed when inputs, workflow or checkout are wrong, when the earlier run
    is a
    different one, and when the items cannot be read before any step has run; `JournalCorrupt`.
    """
    settings = settings_of_job(settings, world.environ)
    if quiet:
        shown, settings = "none", replace(settings, log_level="error" if settings.log_level == "error" else "warning")
    shown = progress_mode(shown, settings, world)
    repository = world.directory / settings.working_directory
    loaded = load_run(settings, world, repository=repository)
    check_workflow(settings, loaded.workflow)
    checkout = await early.described()
    check_needed_programs(settings, world, loaded.workflow)
    results = await find_results(checkout.path, settings.results_dir)
    fingerprints = fingerprint_workflow(
        loaded.workflow, loaded.parameters, settings.profile, directory=checkout.directory
    )
    with ExitStack() as stack:
        lock_results(results, stack)
        collected = None
        if settings.phase in ("map", "reduce"):
            from prodigy_action.app.collecting import collect  # needed in the jobs of a divided run alone

            collected = await in_thread(collect, settings, world, checkout, results, stack)
        attempt = find_attempt(settings, world, checkout, results, stack) if collected is None else collected.attempt
        plan = None if attempt is None else await plan_from(attempt, settings, loaded, checkout, fingerprints)
        if plan is None or not plan.nothing_to_do:
            await check_publishable(checkout)
        going_on = None if plan is None else attempt
        moved = open_results(results, going_on, Path(checkout.path), settings, stack)
        parts = compose_parts(
            settings, world, loaded, checkout, results, going_on, plan, fingerprints, stack, shown, quiet=quiet
        )
        if moved is not None:
            log_moved(parts, moved)
        for refusal in () if collected is None else collected.refusals:
            parts.warnings.append(refusal)
            parts.log.warning("shards_incomplete", **diagnostic_json(refusal))
        if plan is not None and plan.nothing_to_do:
            parts.log.info("run_already_finished", run_id=parts.run_id)
            return await finish_again(parts)
        with watched_signals() as signals:
            if plan is None:
                await record_start(parts)
            outcome, received = await signals.run_until_signal(lambda: attempt_run(parts))
            parts.progress.close()
            refused = not parts.begun or (not parts.anything_ran and _is_refusal(outcome))
            if isinstance(outcome, Failed) and refused:
                raise outcome.error
            if not parts.begun:
                parts.log.warning("resume_not_begun", run_id=parts.run_id, reason="cancelled")
                return judge(parts, outcome, received).exit_code, ""
            return await finish_run(parts, outcome, received)


def _is_refusal(outcome: Outcome[object] | None) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, REFUSALS)


def log_moved(parts: RunParts, moved: Moved) -> None:
    """Log where the results of an earlier run are now."""
    name = os.path.relpath(moved.directory, Path(parts.checkout.path).resolve())
    if moved.unfinished:
        parts.log.warning("unfinished_run_moved", run_id=moved.run_id, to=name, hint=f"resume-from {name} resumes it")
    else:
        parts.log.info("earlier_results_moved", run_id=moved.run_id, to=name)
    if moved.removed:
        parts.log.info("old_results_removed", directories=[path.name for path in moved.removed])


async def record_start(parts: RunParts) -> None:
    """Record that the run has started. Raises `InvalidInput` when that cannot be recorded."""
    try:
        await parts.journal.append(_run_started(parts))
    except JournalUnwritable as error:
        raise refused_results_directory(parts.results, str(error)) from error
    parts.log.info(
        "run_started",
        run_id=parts.run_id,
        workflow=parts.workflow.name,
        base=parts.base_sha,
        attempt=parts.attempt,
    )


async def attempt_run(parts: RunParts) -> Outcome[object]:
    """As `carry_out`; an error that keeps the run from starting is a failure of the run too."""
    work: Effect[Outcome[object], object] = Effect(lambda _: carry_out(parts))
    async with parts.progress.signs_of_life():
        attempted = await work.attempt().run(None)
    return attempted.value if isinstance(attempted, Ok) else attempted


async def carry_out(parts: RunParts) -> Outcome[object]:
    """The phases, inside the git engine of the run. After a cancellation, landed commits are still written to the
    branch.
    """
    settings = parts.settings
    async with git_engine(
        parts.checkout,
        parts.run_id,
        identity_of(settings, parts.checkout, parts.world.environ),
        shape=settings.merge_strategy,
        commits=settings.commits,
        accounts=parts.accounts,
        base=parts.base_sha,
        store=parts.store,
        masker=parts.world.masker,
        secrets_in_commits=settings.allow_secrets_in_commits,
    ) as engine:
        env = None
        try:
            if parts.plan is not None:
                # A resume that cannot use what was kept is refused before anything is added to the journal.
                await restore(parts.plan, parts.results, engine, checked=settings.phase in ("map", "reduce"))
                await record_start(parts)
            env = await compose_env(parts, engine)
            await parts.journal.append(inputs_of(parts))
            job = work_of_job(parts, env.workflow)
            work: Effect[object, object] = Effect(lambda _: job.run(env))
            limit = parts.run_limit_seconds
            limited = work if limit is None else work.timeout(limit)
            if publishes(settings):
                limited = limited.tap_error(lambda error: save_landed(env, error))
            return await limited.attempt().run(None)
        except anyio.get_cancelled_exc_class():
            if env is not None and publishes(settings):
                with anyio.move_on_after(PUBLISH_SECONDS_WHEN_CANCELLED, shield=True):
                    await publish_branch_effect("the run was cancelled").run(env)
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await parts.runner.end_kept()


def work_of_job(parts: RunParts, workflow: Workflow) -> Effect[None, RunEnv]:
    """What this job does of the run."""
    if parts.settings.phase == "setup" and workflow.map is not None:
        return plan_shards(workflow, workflow.map)
    if parts.settings.phase == "map" and parts.plan is not None:
        return run_one_shard(workflow, parts.plan)
    return run_workflow(workflow, parts.plan, travelled=parts.settings.phase == "reduce")


async def restore(plan: ResumePlan, results: Path, engine: GitEngine, *, checked: bool) -> None:
    """Restore the commits that earlier attempts kept. Raises `JournalCorrupt` when they are damaged.

    `checked`: they were checked when the results of other jobs were collected.
    """
    earlier = plan.earlier
    items: dict[int, str] = {}
    made: list[KeptRef] = []
    for id, end in earlier.finished.items():
        if not end.made_objects:
            continue
        record = end.unpacked()
        made += record.refs
        if record.head and record.commits:
            items[id] = record.head
    await engine.restore(
        results,
        earlier.kept,
        items=items,
        refs={ref.kept_as: ref.object_id for ref in made if ref.kept_as is not None},
        heads=[head.head for head in earlier.heads],
        start=earlier.start.start_sha,
        made=earlier.made_refs,
        published=earlier.published_refs,
        checked=checked,
    )


def save_landed(env: RunEnv, error: Exception) -> Effect[object, object]:
    """When the limit of the run passed, write landed commits to its branch; after other errors this has been done."""
    if not isinstance(error, EffectTimedOut):
        return pure(None)
    return publish_branch_effect(f"the run {error}").provide(lambda _: env)


def _run_started(parts: RunParts) -> RunStarted:
    workflow = parts.loaded.workflow
    return RunStarted(
        run_id=parts.run_id,
        attempt=parts.attempt,
        workflow_name=workflow.name,
        workflow_path=parts.loaded.shown_path,
        workflow_sha256=parts.loaded.loaded.sha256,
        base_sha=parts.base_sha,
        branch=parts.checkout.branch,
        max_parallel=parts.settings.max_parallel or 0,
        fingerprints=parts.fingerprints,
        phase=parts.settings.phase,
        shard=shard_record(parts.settings),
    )
