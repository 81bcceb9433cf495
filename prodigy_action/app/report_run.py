"""The end of a run: verdict, results, summary, outputs, annotations, ownership."""

from __future__ import annotations

import hashlib
import os
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import anyio.to_thread

from prodigy_action import __version__
from prodigy_action.adapters.files.atomic import pieces_of
from prodigy_action.adapters.files.below import open_below
from prodigy_action.adapters.files.runner_files import append_to_runner_file
from prodigy_action.adapters.files.temporary_pool import sweep_pools
from prodigy_action.adapters.results.excerpts import ResultExcerpts
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.adapters.results.run_log_file import RUN_LOG
from prodigy_action.adapters.results.state_store import discard_state, replace_result, replace_text, unwritable
from prodigy_action.app.composition import RunParts
from prodigy_action.app.masking import masked_diagnostic
from prodigy_action.app.shards import matrix_of
from prodigy_action.errors import ExitCode, JournalUnwritable, ProdigyError, ResultsUnwritable
from prodigy_action.inputs.github_context import GitHubContext
from prodigy_action.model.events import RunFinished
from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.aggregation import check_accounting, count_items, count_not_run, results_of
from prodigy_action.pure.journal.completion import is_finished
from prodigy_action.pure.policies.verdict import Verdict, after_loss, judge_cancelled, judge_error, judge_items
from prodigy_action.pure.text.masking import Masker
from prodigy_action.pure.work_planning import EXCLUDED
from prodigy_action.report.annotations import annotations_of
from prodigy_action.report.artifact import render_head, render_results
from prodigy_action.report.commands import CommandWriter
from prodigy_action.report.console import render_console
from prodigy_action.report.junit import render_junit
from prodigy_action.report.outputs import action_outputs, render_file_command
from prodigy_action.report.overview import Overview
from prodigy_action.report.resume_command import resume_command
from prodigy_action.report.summary import render_summary
from prodigy_action.runtime import Failed, Ok, Outcome

REPORTS = ("results.json", "summary.md", "junit.xml", "report.html")
"""The files of `write_reports`, in the order in which they are written."""
DIGESTS = "reports.sha256"
"""A digest of the journal and of each report that was made of it."""
DIGESTS_BYTES = 1 << 12


async def finish_run(
    parts: RunParts, outcome: Outcome[object] | None, received: signal.Signals | None
) -> tuple[ExitCode, str]:
    """Judge the run, record the verdict, and write every report; returns the exit code and the text for a terminal.

    A bug of this program is reported in the same way, and then raised.
    """
    verdict = await record_verdict(parts, judge(parts, outcome, received))
    result = results_of(parts.journal.history).model_copy(
        update={
            "result": verdict.result,
            "exit_code": int(verdict.exit_code),
            "message": parts.world.masker.mask_text(verdict.message) or None,
        }
    )
    check_accounting(result)
    try:
        write_results(parts, result)
    except ResultsUnwritable as error:
        parts.log.error("results_unwritable", problem=str(error))  # noqa: TRY400 - an expected end, no traceback
        verdict = after_loss(verdict, error)
        result = result.model_copy(update={"result": verdict.result, "exit_code": int(verdict.exit_code)})
    report_to_runner(parts, result)
    if parts.log_file.problem is not None:
        parts.log.warning("log_not_kept", path=RUN_LOG, problem=parts.log_file.problem)
    if is_finished(parts.journal.history) or is_bundled(parts, outcome):
        discard_state(parts.results)
    parts.log.info(
        "run_finished",
        result=result.result,
        exit_code=result.exit_code,
        **({"reason": verdict.message} if verdict.message else {}),
        **result.counts.model_dump(exclude_defaults=True),
    )
    return verdict.exit_code, last_text(parts, result)


def is_bundled(parts: RunParts, outcome: Outcome[object] | None) -> bool:
    """Whether this is a shard whose commits are all in its bundle, and whose plan is elsewhere."""
    return parts.settings.phase == "map" and isinstance(outcome, Ok)


async def finish_again(parts: RunParts) -> tuple[ExitCode, str]:
    """Report a run that had ended before; returns its exit code and the text for a terminal. Reports that are there are
    not written again.

    What a killed attempt left in the temporary directory is removed, as at the start of every run.

    Raises `AccountingBroken`, `ResultsUnwritable`.
    """
    await anyio.to_thread.run_sync(sweep_pools, tempfile.gettempdir())
    result = results_of(parts.journal.history)
    check_accounting(result)
    if not has_reports(parts.results, result, parts.world.masker, results_dir=parts.settings.results_dir):
        write_results(parts, result)
    report_to_runner(parts, result)
    discard_state(parts.results)
    return ExitCode(result.exit_code), last_text(parts, result)


def last_text(parts: RunParts, result: RunResult) -> str:
    """What standard output ends with, in every format of the log."""
    world, given = parts.world, parts.settings.results_dir
    return render_console(
        result,
        results_dir=given,
        shown_dir=given if Path(given).is_absolute() else os.path.relpath(parts.results, world.directory),
        columns=world.columns,
        brief=parts.quiet,
        color=world.has_color(world.stdout),
    )


async def record_verdict(parts: RunParts, verdict: Verdict) -> Verdict:
    """Record the verdict, and return it; when the journal cannot be written, the run stays unfinished and can be
    resumed.
    """
    record = RunFinished(result=verdict.result, exit_code=int(verdict.exit_code), message=verdict.message or None)
    try:
        if not parts.journal.broken:
            await parts.journal.append(record)
    except JournalUnwritable as error:
        parts.log.error("journal_unwritable", problem=str(error))  # noqa: TRY400 - an expected end, no traceback
        return after_loss(verdict, error)
    return verdict


def judge(parts: RunParts, outcome: Outcome[object] | None, received: signal.Signals | None) -> Verdict:
    """The verdict: cancelled, failed in a phase, or what the items say. A bug is logged with its notes."""
    if received is not None or outcome is None:
        return judge_cancelled(None if received is None else received.name)
    if isinstance(outcome, Failed):
        error = outcome.error
        if not isinstance(error, TimeoutError | ProdigyError):
            parts.log.error("internal_error", error=repr(error), notes=getattr(error, "__notes__", []))
        return judge_error(error)
    history = parts.journal.history
    if parts.settings.phase == "setup":
        return Verdict("success", ExitCode.SUCCESS)
    excluded = count_not_run(history, EXCLUDED)
    return judge_items(count_items(history), parts.workflow.error_policy, parts.settings.fail_on, excluded=excluded)


def write_results(parts: RunParts, result: RunResult) -> None:
    """Write every report, and what a resume knows them by. Raises `ResultsUnwritable`."""
    directory, masker = parts.results, parts.world.masker
    write_reports(directory, result, masker, results_dir=parts.settings.results_dir)
    try:
        digests = report_digests(directory, masker)
    except OSError as error:
        raise unwritable(DIGESTS, error) from error
    replace_result(directory, DIGESTS, digests)


def write_reports(directory: Path, result: RunResult, masker: Masker, *, results_dir: str) -> None:
    """Write the reports of a run into `directory`, which the user calls `results_dir`. Raises `ResultsUnwritable`."""
    from prodigy_action.report.page.render import render_page  # needed for nothing else

    result = _as_written(result, results_dir)
    overview = Overview(result)
    with ResultExcerpts(directory) as excerpts:
        reports: tuple[Callable[[], Iterable[str]], ...] = (
            lambda: render_results(result),
            lambda: [render_summary(result, overview, linked=True)],
            lambda: render_junit(result, overview),
            lambda: render_page(result, excerpts.read, overview),
        )
        for name, report in zip(REPORTS, reports, strict=True):
            replace_text(directory, name, report(), masker)


def has_reports(directory: Path, result: RunResult, masker: Masker, *, results_dir: str) -> bool:
    """Whether this version of the program has written all reports of this journal, nobody has changed them since, and
    no secret is in them.
    """
    head = masker.mask_text(render_head(_as_written(result, results_dir))).encode()
    try:
        with open(open_below(directory, REPORTS[0], os.O_RDONLY), "rb") as file:
            if file.read(len(head)) != head:
                return False
        with open(open_below(directory, DIGESTS, os.O_RDONLY), "rb") as file:
            recorded = file.read(DIGESTS_BYTES)
        return recorded == report_digests(directory, masker)
    except OSError:
        return False


def report_digests(directory: Path, masker: Masker) -> bytes:
    """The digests of the journal and of the reports, each as it is when its secrets are masked: one that holds a secret
    has another digest than its file. Raises `OSError`.
    """
    lines = []
    for name in (JOURNAL, *REPORTS):
        digest, masking = hashlib.sha256(), masker.stream()
        for block in pieces_of(directory / name):
            digest.update(masking.feed(block))
        digest.update(masking.finish())
        lines.append(f"{digest.hexdigest()}  {name}\n")
    return "".join(lines).encode()


def _as_written(result: RunResult, results_dir: str) -> RunResult:
    resume = resume_command(result, results_dir) or None
    return result.model_copy(update={"tool_version": __version__, "resume": resume})


def report_to_runner(parts: RunParts, result: RunResult) -> None:
    """Write outputs, job summary and annotations for a runner; a file that cannot be written is logged."""
    context = GitHubContext.from_environ(parts.world.environ)
    settings = parts.settings
    if context.output_file is None and context.step_summary_file is None and not context.in_actions:
        return
    results_dir = relative_to_workspace(parts, context)
    if context.output_file is not None:
        values = action_outputs(
            result,
            results_dir=results_dir,
            matrix=matrix_of(settings, parts.journal.history),
        )
        _append(parts, context.output_file, render_file_command(values, f"ghadelimiter_{uuid.uuid4()}"))
    if context.step_summary_file is not None and settings.job_summary:
        _append(parts, context.step_summary_file, render_summary(result, results_dir=results_dir))
    if context.in_actions and settings.annotations:
        warnings = [*parts.loaded.loaded.warnings, *parts.warnings]
        masked = [masked_diagnostic(warning, parts.world.masker) for warning in warnings]
        CommandWriter(parts.world.stdout).annotate(annotations_of(result, masked))


def relative_to_workspace(parts: RunParts, context: GitHubContext) -> str:
    """The results directory relative to the workspace, for later steps of the job; logs a warning if it is outside."""
    workspace = (context.workspace or Path(parts.checkout.path)).resolve()
    found = os.path.relpath(parts.results.resolve(), workspace)
    if context.in_actions and found.split("/")[0] == "..":
        hint = "name a directory inside the workspace: later steps may see another directory at this path"
        parts.log.warning("results_outside_workspace", results_dir=found, hint=hint)
    return found


def _append(parts: RunParts, path: Path, text: str) -> None:
    report = partial(parts.log.warning, "runner_file_unwritable", path=str(path))
    append_to_runner_file(path, text, parts.world.masker, unwritable=lambda reason: report(reason=reason))
