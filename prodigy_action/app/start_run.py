"""The start of a run: its parts are opened in order, and closed with the exit stack."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from prodigy_action.adapters.clock import SystemClock
from prodigy_action.adapters.files.permissions import closed_to_others, confidential_paths
from prodigy_action.adapters.log_filters import EventLogs, FewOfAKind, WithoutProgress
from prodigy_action.adapters.processes.accounts import Accounts, open_accounts
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.adapters.processes.needed_programs import check_programs
from prodigy_action.adapters.processes.open_files import raise_open_files
from prodigy_action.adapters.processes.scratch import ScratchDirectory
from prodigy_action.adapters.results.journal import FileJournal
from prodigy_action.adapters.results.results_directory import refused_results_directory
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.adapters.results.run_log_file import RunLogFile
from prodigy_action.adapters.results.run_logs import DirectoryResultFiles
from prodigy_action.adapters.results.state_store import StateStore
from prodigy_action.adapters.structured_logs import open_event_log
from prodigy_action.adapters.terminal_bar import TerminalBar
from prodigy_action.app.composition import OPEN_FILES_HINT, RunParts
from prodigy_action.app.item_log import ItemLog
from prodigy_action.app.loading import LoadedRun
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.progress import Progress
from prodigy_action.app.recording import RecordingJournal
from prodigy_action.app.resume import Attempt
from prodigy_action.errors import Diagnostic, InvalidInput, JournalUnwritable, ResultsUnwritable
from prodigy_action.inputs.documents.diagnostics import diagnostic_json
from prodigy_action.inputs.github_context import GitHubContext
from prodigy_action.model.git import Checkout
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import Workflow
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.pure.journal.running_work import RunningWork
from prodigy_action.pure.steps.open_files import commands_within, too_few_files
from prodigy_action.report.commands import CommandWriter

ProgressMode: TypeAlias = Literal["auto", "bar", "lines", "none"]
"""How the progress of a run is shown on standard output."""


def check_needed_programs(settings: Settings, world: ProcessContext, workflow: Workflow) -> None:
    """Raise `InvalidInput` when a program is missing that this program itself calls in the run."""
    carries = bool(workflow.setup.steps) or (workflow.map is not None and bool(workflow.map.carry))
    check_programs(world.environ, archives=carries, users=settings.run_as == "owner" and os.geteuid() == 0)


def compose_parts(
    settings: Settings,
    world: ProcessContext,
    loaded: LoadedRun,
    checkout: Checkout,
    results: Path,
    attempt: Attempt | None,
    plan: ResumePlan | None,
    fingerprints: Mapping[str, str],
    stack: ExitStack,
    shown: ProgressMode,
    *,
    quiet: bool,
) -> RunParts:
    """Open all parts of one run; the stack closes them. `quiet` keeps the summary to the result and the failures."""
    open_files = raise_open_files()
    problem = too_few_files(open_files)
    if problem is not None:
        raise InvalidInput([Diagnostic(problem, source="open files", hint=OPEN_FILES_HINT, code="open-files")])
    clock, masker = SystemClock(), world.masker
    log_file = open_log_file(results)
    stack.callback(log_file.close)
    bar = TerminalBar(world.stdout, color=world.has_color(world.stdout)) if shown == "bar" else None
    shown_log = open_event_log(
        world.stdout if bar is None else bar,
        log_format=settings.log_format,
        level=settings.log_level,
        masker=masker,
        now=clock.now,
        color=world.has_color(world.stdout),
    )
    kept_log = open_event_log(log_file, log_format="json", level="debug", masker=masker, now=clock.now)
    work = RunningWork()
    read_log = FewOfAKind(shown_log if shown == "lines" else WithoutProgress(shown_log))
    log = ItemLog(EventLogs(read_log, kept_log), work)
    for warning in loaded.loaded.warnings:
        log.warning("workflow_questionable", **diagnostic_json(warning))
    if settings.resume_from is not None and plan is None:
        log.warning("nothing_to_resume", directory=settings.resume_from, reason="no plan of a run is recorded there")
    accounts = None
    if settings.run_as == "owner" and os.geteuid() == 0:
        accounts = stack.enter_context(confine_commands(checkout, results, world))
    file = stack.enter_context(open_journal(results / JOURNAL, now=clock.now))
    number = 1 if plan is None else plan.earlier.attempt + 1
    store = StateStore(results, number)
    stack.callback(store.close)
    earlier = None if attempt is None else attempt.history
    grouped = GitHubContext.from_environ(world.environ).in_actions and not quiet
    writer = CommandWriter(world.stdout) if grouped else None
    progress = Progress(
        log=log, work=work, clock=clock, writer=writer, bar=bar, earlier=earlier, masked=masker.mask_text
    )
    stack.callback(progress.close)
    files = DirectoryResultFiles(results, masker, max_log_bytes=settings.max_log_bytes)
    stack.callback(files.close)
    return RunParts(
        settings=settings,
        world=world,
        loaded=loaded,
        checkout=checkout,
        run_id=new_run_id(clock) if plan is None else plan.earlier.started.run_id,
        results=results,
        clock=clock,
        log=log,
        log_file=log_file,
        progress=progress,
        journal=RecordingJournal(
            file,
            masker,
            observer=progress.observe,
            earlier=earlier,
            executions=None if plan is None else plan.earlier.executions,
        ),
        files=files,
        runner=stack.enter_context(SubprocessRunner(accounts=accounts, most=commands_within(open_files))),
        scratch=stack.enter_context(ScratchDirectory(accounts)),
        accounts=accounts,
        open_files=open_files,
        fingerprints=fingerprints,
        plan=plan,
        attempt=number,
        store=store,
        quiet=quiet,
    )


def new_run_id(clock: SystemClock) -> str:
    """A new, unique id."""
    return f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def confine_commands(checkout: Checkout, results: Path, world: ProcessContext) -> Iterator[Accounts]:
    """Users for the commands of the run; they cannot read confidential files of the job or of this program."""
    confidential = (*confidential_paths(world.environ, (checkout.git_dir, checkout.common_dir)), results)
    passable = (Path(checkout.common_dir, "objects"), Path(tempfile.gettempdir()))
    with open_accounts(world.environ) as accounts, closed_to_others(confidential, passable=passable):
        yield accounts


def progress_mode(wanted: ProgressMode, settings: Settings, world: ProcessContext) -> ProgressMode:
    """`auto` resolved. Raises `InvalidInput` for a bar where none can be drawn."""
    if wanted not in ("auto", "bar"):
        return wanted
    terminal, able = world.stdout.isatty(), world.environ.get("TERM", "dumb") != "dumb"
    if terminal and able and settings.log_format == "console":
        return "bar"
    if wanted == "auto":
        return "lines"
    why = "the log-format is json" if terminal and able else "standard output is no terminal that can draw one"
    hint = "write --progress auto, which draws it where it can"
    raise InvalidInput([Diagnostic(f"the bar cannot be drawn: {why}", source="--progress", hint=hint)])


def open_log_file(results: Path) -> RunLogFile:
    """`log.jsonl`. Raises `InvalidInput` when it cannot be written."""
    try:
        return RunLogFile(results)
    except ResultsUnwritable as error:
        raise refused_results_directory(results, str(error)) from error


def open_journal(path: Path, *, now: Callable[[], datetime]) -> FileJournal:
    """The journal. Raises `InvalidInput` when it cannot be written."""
    try:
        return FileJournal(path, now=now)
    except JournalUnwritable as error:
        raise refused_results_directory(path.parent, str(error)) from error
