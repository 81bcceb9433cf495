"""`run`: adapters and environments → the phases → the reports."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import anyio

from prodigy_action.adapters.accounts import Accounts, open_accounts
from prodigy_action.adapters.clock import SystemClock
from prodigy_action.adapters.closed_files import closed_to_others, confidential_paths
from prodigy_action.adapters.git_checkout import open_checkout
from prodigy_action.adapters.git_engine import git_engine
from prodigy_action.adapters.journal import FileJournal
from prodigy_action.adapters.ownership import give_to_owner
from prodigy_action.adapters.processes import SubprocessRunner
from prodigy_action.adapters.run_logs import DirectoryResultFiles
from prodigy_action.adapters.scratch import ScratchDirectory
from prodigy_action.adapters.structured_logs import open_event_log
from prodigy_action.app.composition import RunParts, compose_env, identity_of
from prodigy_action.app.finishing import finish_run
from prodigy_action.app.loading import load_run
from prodigy_action.app.recording import GrowingMasker, RecordingJournal
from prodigy_action.app.results_directory import prepare_results_directory, refused_results_directory
from prodigy_action.app.signals import run_until_signal
from prodigy_action.app.world import World
from prodigy_action.effects.publishing import publish_effect
from prodigy_action.environment import RunEnv
from prodigy_action.errors import ExitCode, InvalidInput, JournalUnwritable
from prodigy_action.model.events import RunStarted
from prodigy_action.model.git import Checkout
from prodigy_action.model.settings import Settings
from prodigy_action.phases.run import run_workflow
from prodigy_action.runtime import Effect, EffectTimedOut, Failed, Ok, Outcome, pure

PUBLISH_SECONDS_WHEN_CANCELLED = 3.0


async def run(settings: Settings, world: World) -> tuple[ExitCode, str]:
    """Carry out a run and report it; the exit code, and the summary for a terminal.

    Raises `InvalidInput` before anything is touched when inputs, workflow or checkout are wrong, and when the items
    cannot be read though nothing has run yet.
    """
    repository = world.directory / settings.working_directory
    loaded = load_run(settings, world, repository=repository)
    checkout = await open_checkout(str(repository), world.environ)
    results = Path(checkout.path) / settings.results_dir
    prepare_results_directory(results)
    clock, masker = SystemClock(), GrowingMasker()
    log = open_event_log(
        world.stdout, log_format=settings.log_format, level=settings.log_level, masker=masker, now=clock.now
    )
    with ExitStack() as stack:
        stack.callback(give_to_owner, results, Path(checkout.path))
        accounts = None
        if settings.run_as == "owner" and os.geteuid() == 0:
            accounts = stack.enter_context(confine_commands(checkout, results, world))
        file = stack.enter_context(open_journal(results / "events.jsonl", now=clock.now))
        parts = RunParts(
            settings=settings,
            world=world,
            loaded=loaded,
            checkout=checkout,
            run_id=f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            results=results,
            clock=clock,
            masker=masker,
            log=log,
            journal=RecordingJournal(file, masker),
            files=DirectoryResultFiles(results, masker, max_log_bytes=settings.max_log_bytes),
            runner=stack.enter_context(SubprocessRunner(accounts=accounts)),
            scratch=stack.enter_context(ScratchDirectory(accounts)),
            accounts=accounts,
        )
        await record_start(parts)
        log.info("run_started", run_id=parts.run_id, workflow=loaded.workflow.name, base=checkout.head)
        outcome, received = await run_until_signal(lambda: attempt_run(parts))
        if isinstance(outcome, Failed) and isinstance(outcome.error, InvalidInput) and not parts.anything_ran:
            raise outcome.error
        return await finish_run(parts, outcome, received)


@contextmanager
def confine_commands(checkout: Checkout, results: Path, world: World) -> Iterator[Accounts]:
    """Users for the commands of the run, and nothing of the job's or of ours for them to read."""
    confidential = (*confidential_paths(world.environ, (checkout.git_dir, checkout.common_dir)), results)
    passable = (Path(checkout.common_dir, "objects"), Path(tempfile.gettempdir()))
    with open_accounts(world.environ) as accounts, closed_to_others(confidential, passable=passable):
        yield accounts


def open_journal(path: Path, *, now: Callable[[], datetime]) -> FileJournal:
    """The journal. Raises `InvalidInput` when it cannot be written."""
    try:
        return FileJournal(path, now=now)
    except JournalUnwritable as error:
        raise refused_results_directory(path.parent, str(error)) from error


async def record_start(parts: RunParts) -> None:
    """Record that the run has started. Raises `InvalidInput` when that cannot be recorded."""
    try:
        await parts.journal.append(_run_started(parts))
    except JournalUnwritable as error:
        raise refused_results_directory(parts.results, str(error)) from error


async def attempt_run(parts: RunParts) -> Outcome[object]:
    """As `carry_out`; whatever keeps the run from starting is its failure too."""
    work: Effect[Outcome[object], object] = Effect(lambda _: carry_out(parts))
    attempted = await work.attempt().run(None)
    return attempted.value if isinstance(attempted, Ok) else attempted


async def carry_out(parts: RunParts) -> Outcome[object]:
    """The phases, inside the git engine of the run. After a cancellation what landed is still put on its branch."""
    settings = parts.settings
    async with git_engine(
        parts.checkout,
        parts.run_id,
        identity_of(settings, parts.checkout, parts.world.environ),
        shape=settings.merge_strategy,
        commits=settings.commits,
        accounts=parts.accounts,
    ) as engine:
        env = None
        try:
            env = await compose_env(parts, engine)
            work: Effect[object, object] = Effect(lambda _: run_workflow(env.workflow).run(env))
            limit = parts.run_limit_seconds
            limited = work if limit is None else work.timeout(limit).tap_error(lambda error: save_landed(env, error))
            return await limited.attempt().run(None)
        except anyio.get_cancelled_exc_class():
            if env is not None:
                with anyio.move_on_after(PUBLISH_SECONDS_WHEN_CANCELLED, shield=True):
                    await publish_effect(move_checkout=False, reason="the run was cancelled").run(env)
            raise


def save_landed(env: RunEnv, error: Exception) -> Effect[object, object]:
    """When the limit of the run passed, put what landed on its branch; any other end has seen to that itself."""
    if not isinstance(error, EffectTimedOut):
        return pure(None)
    return publish_effect(move_checkout=False, reason=f"the run {error}").provide(lambda _: env)


def _run_started(parts: RunParts) -> RunStarted:
    workflow = parts.loaded.workflow
    return RunStarted(
        run_id=parts.run_id,
        workflow_name=workflow.name,
        workflow_path=parts.loaded.shown_path,
        workflow_sha256=parts.loaded.loaded.sha256,
        base_sha=parts.checkout.head,
        branch=parts.checkout.branch,
        max_parallel=parts.settings.max_parallel or 0,
    )
