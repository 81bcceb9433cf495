"""The post step of the action: it finishes what a killed run could not do."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import anyio

from prodigy_action.adapters.clock import SystemClock
from prodigy_action.adapters.files.ownership import give_to_owner
from prodigy_action.adapters.files.permissions import open_to_others
from prodigy_action.adapters.files.runner_files import append_to_runner_file
from prodigy_action.adapters.files.temporary_pool import sweep_pools
from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.repository.ownership import give_ownership
from prodigy_action.adapters.results.journal import unused_journal
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.adapters.structured_logs import open_event_log
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.report_run import write_reports
from prodigy_action.app.results_directory import find_results
from prodigy_action.app.resume import read_history
from prodigy_action.environment import EventLog
from prodigy_action.errors import InvalidInput, ProdigyError
from prodigy_action.inputs.github_context import GitHubContext
from prodigy_action.model.results import RunResult
from prodigy_action.model.settings import Settings
from prodigy_action.pure.journal.aggregation import check_accounting, results_of
from prodigy_action.report.annotations import annotations_of
from prodigy_action.report.commands import CommandWriter
from prodigy_action.report.summary import render_summary


async def clean_up(settings: Settings, world: ProcessContext) -> None:
    """Remove the temporary directories of ended runs, report a run that was killed before it could report, and give
    files that root left in the checkout to the owner of the checkout. A run that is still at work is not touched.
    Errors are logged and never raised.
    """
    log = open_event_log(
        world.stdout,
        log_format=settings.log_format,
        level=settings.log_level,
        masker=world.masker,
        now=SystemClock().now,
    )
    await anyio.to_thread.run_sync(sweep_pools, tempfile.gettempdir())
    try:
        checkout = await open_checkout(str(world.directory / settings.working_directory), world.environ)
    except ProdigyError as error:
        log.info("nothing_to_clean_up", reason=str(error))
        return
    try:
        results = await find_results(checkout.path, settings.results_dir)
    except InvalidInput as error:
        log.info("nothing_to_clean_up", reason=str(error))
        return
    with unused_journal(results / JOURNAL) as unused:
        if not unused:
            log.warning("run_still_at_work", results_dir=settings.results_dir)
            return
        try:
            result = _close_run(results, settings.results_dir, world)
        except (OSError, ValueError, ProdigyError) as error:
            result = None
            log.warning("run_not_closed", reason=str(error))
        if result is not None:
            log.warning("killed_run_closed", run_id=result.run_id, **result.counts.model_dump(exclude_defaults=True))
            _report_to_runner(result, settings, world, log)
        give_ownership(checkout, ())
        given = give_to_owner(Path(checkout.path), Path(checkout.path))
        log.info("ownership_returned", files=given)


def _close_run(results: Path, results_dir: str, world: ProcessContext) -> RunResult | None:
    """Write the results of a run that was killed before it could write them, from its journal; None when there is no
    such run.

    The journal is not changed: what it does not record is unknown, and a later run may resume from it.
    """
    journal = results / JOURNAL
    if not journal.is_file() or (results / "results.json").exists():
        return None
    open_to_others(results)
    result = results_of(read_history(journal))
    check_accounting(result)
    write_reports(results, result, world.masker, results_dir=results_dir)
    return result


def _report_to_runner(result: RunResult, settings: Settings, world: ProcessContext, log: EventLog) -> None:
    context = GitHubContext.from_environ(world.environ)
    if context.step_summary_file is not None and settings.job_summary:
        path = context.step_summary_file
        report = partial(log.warning, "runner_file_unwritable", path=str(path))
        append_to_runner_file(
            path, render_summary(result), world.masker, unwritable=lambda reason: report(reason=reason)
        )
    if context.in_actions and settings.annotations:
        CommandWriter(world.stdout).annotate(annotations_of(result))
