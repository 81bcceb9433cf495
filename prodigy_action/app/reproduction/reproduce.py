"""`reproduce`: the item, its environment and its end, connected."""

from __future__ import annotations

import os
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import anyio

from prodigy_action.adapters.files.temporary_pool import remove_tree, temporary_pool
from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.git.checkout_top import top_above
from prodigy_action.adapters.git_engine import git_engine
from prodigy_action.adapters.processes.container import IMAGE_VARIABLE, container_image
from prodigy_action.adapters.processes.terminal_shell import TerminalRunner
from prodigy_action.adapters.results.directory_lock import locked_directory
from prodigy_action.adapters.results.results_directory import complete_results_directory
from prodigy_action.app.composition import RunParts, compose_env, identity_of
from prodigy_action.app.loading import LoadedRun, load_run
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.reproduction.docker_line import docker_line
from prodigy_action.app.reproduction.ending import describe_end
from prodigy_action.app.reproduction.inputs import settings_from
from prodigy_action.app.reproduction.recorded import RecordedItem, check_base, find_directory, read_item
from prodigy_action.app.reproduction.shown_logs import ShownResultFiles
from prodigy_action.app.signals import watched_signals
from prodigy_action.app.start_run import check_needed_programs, compose_parts
from prodigy_action.dataclass import dataclass
from prodigy_action.effects.items.reproduction import Again, Observed
from prodigy_action.errors import Diagnostic, InvalidInput, PhaseFailed, ProdigyError
from prodigy_action.inputs.github_context import GitHubContext
from prodigy_action.model.git import Checkout
from prodigy_action.model.workflow import MapPhase
from prodigy_action.phases.reproduce import reproduce_item
from prodigy_action.pure.journal.fingerprints import describe_differences, fingerprint_workflow
from prodigy_action.pure.journal.reproduction import SHELL_MARK, exit_code_of, steps_to_run
from prodigy_action.pure.text.masking import MASK
from prodigy_action.runtime import Failed, Outcome

SOURCE = "prodigy-action reproduce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asks for."""

    results_dir: str
    item: str
    shell: bool = False
    until: str | None = None
    keep: bool = False


async def reproduce(wanted: Wanted, world: ProcessContext, repo: str) -> int:
    """Execute the item once more, and say how it ended; the exit code of its failed step, or of the shell.

    Raises `InvalidInput` when the item cannot be reproduced here, `PhaseFailed` when setup has to be repeated and
    fails, `JournalCorrupt`.
    """
    checkout = await open_checkout(str(top_above(world.directory / repo)), world.environ)
    directory = find_directory(wanted.results_dir, world, checkout)
    with ExitStack() as stack:
        stack.enter_context(locked_directory(directory, source=SOURCE, shared=True))
        recorded = read_item(directory, wanted.item)
        await check_base(checkout, recorded.plan.earlier.started.base_sha)
        checkout = replace(checkout, directory=recorded.given.directory)
        quiet = replace(world, stdout=world.stderr)
        settings = settings_from(recorded.given, _workflow_path(recorded, checkout), world.environ)
        loaded = load_run(settings, quiet, repository=Path(checkout.start_path))
        check_needed_programs(settings, world, loaded.workflow)
        phase = _check_same(recorded, loaded, checkout)
        again = Again(
            steps=steps_to_run(phase.agent_template, wanted.until, shell=wanted.shell),
            start=recorded.start,
            keep=wanted.keep,
            shell_mark=uuid.uuid4().hex,
            observed=Observed(),
        )
        _say_image(recorded, loaded, wanted, world)
        root = stack.enter_context(_directory(keep=wanted.keep))
        results = root / "results"
        results.mkdir()
        complete_results_directory(results)
        parts = compose_parts(
            settings,
            quiet,
            loaded,
            checkout,
            results,
            None,
            recorded.plan,
            recorded.run.fingerprints,
            stack,
            "none",
            quiet=True,
        )
        terminal = TerminalRunner(parts.runner, variable=SHELL_MARK, mark=again.shell_mark)
        with watched_signals() as signals:
            outcome, received = await signals.run_until_signal(
                lambda: _execute(recorded, parts, phase, again, terminal, world, root)
            )
        if outcome is None:
            return 128 + (received or signal.SIGINT)
        error = _failure_of(outcome)
        world.stderr.write(await describe_end(recorded, parts, again, error))
        if wanted.keep and again.observed.worktree is not None:
            world.stdout.write(f"{again.observed.worktree}\n")
        return terminal.exit_code if error is None and terminal.exit_code is not None else exit_code_of(error)


async def _execute(
    recorded: RecordedItem,
    parts: RunParts,
    phase: MapPhase,
    again: Again,
    terminal: TerminalRunner,
    world: ProcessContext,
    root: Path,
) -> Outcome[object]:
    plan, settings = recorded.plan, parts.settings
    async with git_engine(
        parts.checkout,
        parts.run_id,
        identity_of(settings, parts.checkout, world.environ),
        commits=settings.commits,
        temporary_directory=str(root),
        accounts=parts.accounts,
        base=parts.base_sha,
        masker=world.masker,
        secrets_in_commits=settings.allow_secrets_in_commits,
        keep=again.keep,
    ) as engine:
        try:
            start = plan.earlier.planned.start_sha
            await engine.restore(
                recorded.directory, plan.earlier.kept, items={}, refs={}, heads=[recorded.start], start=start
            )
            env = await compose_env(parts, engine)
            in_actions = GitHubContext.from_environ(world.environ).in_actions
            shown = ShownResultFiles(parts.files, world.stdout, world.masker, quoted=in_actions)
            env = replace(env, results=shown, executor=terminal)
            return await reproduce_item(env.workflow, phase, plan, again).attempt().run(env)
        finally:
            with anyio.CancelScope(shield=True):
                await parts.runner.end_kept()


def _failure_of(outcome: Outcome[object]) -> Exception | None:
    """The failure of the item; errors before it, and bugs, are raised."""
    if not isinstance(outcome, Failed):
        return None
    error = outcome.error
    if isinstance(error, InvalidInput | PhaseFailed) or not isinstance(error, ProdigyError | OSError):
        raise error
    return error


def _workflow_path(recorded: RecordedItem, checkout: Checkout) -> str:
    inside = recorded.given.workflow
    path = None if inside is None else Path(checkout.path, inside)
    return str(path) if path is not None and path.exists() else recorded.run.workflow_path


def _check_same(recorded: RecordedItem, loaded: LoadedRun, checkout: Checkout) -> MapPhase:
    """The map. Raises `InvalidInput` when the workflow or a parameter is not that of the run."""
    now = fingerprint_workflow(loaded.workflow, loaded.parameters, recorded.given.profile, directory=checkout.directory)
    changed = describe_differences(recorded.run.fingerprints, now)
    phase = loaded.workflow.map
    if changed or phase is None:
        base = recorded.run.base_sha
        message = f"the workflow is not the one that the run used: {', '.join(changed) or 'map'} changed"
        hint = f"take the changes back, or work on the run's commit: git worktree add ../{base[:12]} {base}"
        raise InvalidInput([Diagnostic(message, source=loaded.shown_path, hint=hint, code="other-workflow")])
    return phase


def _say_image(recorded: RecordedItem, loaded: LoadedRun, wanted: Wanted, world: ProcessContext) -> None:
    """When the run was in a container of another image than this process is in, say how to use that image."""
    image, here = recorded.image, container_image(world.environ)
    if image is None or image == here:
        return
    if not image:
        world.stderr.write(f"the run was in a container; its image is not known: set {IMAGE_VARIABLE} for runs in it\n")
        return
    options = [*(["--shell"] if wanted.shell else []), *(["--until", wanted.until] if wanted.until else [])]
    secrets = (source.key for source in loaded.workflow.secrets.values() if source.provider == "env")
    masked = (name for name, value in recorded.given.params.items() if MASK in value)
    line = docker_line(
        image,
        [*options, wanted.results_dir, str(recorded.result.id)],
        [*secrets, *masked, *recorded.given.env_allow],
        terminal=wanted.shell,
    )
    world.stderr.write(f"the run was in a container; in the same image: {line}\n")


@contextmanager
def _directory(*, keep: bool) -> Iterator[Path]:
    """A temporary directory; when the process is killed, the next run removes it, unless it is to be kept."""
    if not keep:
        with temporary_pool() as root:
            yield Path(root)
        return
    root = os.path.realpath(tempfile.mkdtemp(prefix="prodigy-reproduced-"))
    try:
        yield Path(root)
    except BaseException:
        remove_tree(root)
        raise
