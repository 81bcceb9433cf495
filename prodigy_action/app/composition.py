"""The parts of one run, and the environment for its effects."""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import TypedDict

from prodigy_action.adapters.clock import SystemClock
from prodigy_action.adapters.git_engine import GitEngine
from prodigy_action.adapters.item_reader import WorktreeItemReader
from prodigy_action.adapters.processes.accounts import WORKTREES_MOST, Accounts
from prodigy_action.adapters.processes.checkout_owner import owner_to_read_as
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.adapters.processes.program_lookup import missing_program
from prodigy_action.adapters.processes.scratch import ScratchDirectory
from prodigy_action.adapters.results.run_log_file import RunLogFile
from prodigy_action.adapters.results.run_logs import DirectoryResultFiles
from prodigy_action.adapters.results.state_store import StateStore
from prodigy_action.adapters.worktrees.files import LocalWorktreeFiles
from prodigy_action.adapters.worktrees.surroundings import git_configuration, paths_in
from prodigy_action.app.loading import LoadedRun
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.progress import Progress
from prodigy_action.app.recording import RecordingJournal
from prodigy_action.app.timings import no_timings
from prodigy_action.dataclass import dataclass
from prodigy_action.effects.run.workflow_environment import resolve_environment
from prodigy_action.environment import AgentLimits, EventLog, LogSink, RunEnv, StepSettings
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.checks.empty_selection import locate_selection_warning
from prodigy_action.inputs.checks.item_fields import find_unknown_item_fields
from prodigy_action.inputs.checks.unreadable_input import locate_unreadable_input
from prodigy_action.inputs.documents.diagnostics import diagnostic_json
from prodigy_action.inputs.items.item_file import parse_item_blocks
from prodigy_action.model.assignment import Selection
from prodigy_action.model.git import Checkout, Identity
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import MapPhase, Workflow
from prodigy_action.pure.items.nothing_selected import SelectionWarning
from prodigy_action.pure.items.timings import seconds_of
from prodigy_action.pure.journal.map_summary import map_variables
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.pure.steps.agent_program import AgentProgram, agent_program
from prodigy_action.pure.steps.deferred_values import (
    DEFERRED_FIELDS,
    deferred_fields,
    deferred_names,
    without_deferred_fields,
)
from prodigy_action.pure.steps.environment import hidden_tokens, visible_environment
from prodigy_action.pure.steps.map_settings import map_config, resolve_carry, resolve_max_parallel
from prodigy_action.pure.steps.nested_steps import all_steps, captured_names
from prodigy_action.pure.steps.open_files import commands_within
from prodigy_action.pure.steps.run_variables import RunVariables, run_names
from prodigy_action.pure.steps.step_results import mentioned_ids, results_before
from prodigy_action.pure.steps.workflow_variables import agent_timeout, command_timeouts
from prodigy_action.pure.work_planning import MapConfig

BOT = Identity("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
OPEN_FILES_HINT = "raise the hard limit (ulimit -Hn, docker run --ulimit nofile=…)"
NOBODY = Identity("prodigy-action", "prodigy-action@localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """All parts of one run, before the git engine is opened."""

    settings: Settings
    world: ProcessContext
    loaded: LoadedRun
    checkout: Checkout
    run_id: str
    results: Path
    clock: SystemClock
    log: EventLog
    log_file: RunLogFile
    progress: Progress
    journal: RecordingJournal
    files: DirectoryResultFiles
    runner: SubprocessRunner
    scratch: ScratchDirectory
    accounts: Accounts | None
    open_files: int
    """The limit of open files."""
    fingerprints: Mapping[str, str]
    plan: ResumePlan | None
    attempt: int
    store: StateStore
    quiet: bool = False
    """Whether the run prints warnings, failures and its result alone."""
    warnings: list[Diagnostic] = field(default_factory=list)
    """What came up during the run and has a place in the workflow file or is about an input."""

    @property
    def base_sha(self) -> str:
        """The commit that the run started from, in its first attempt."""
        return self.checkout.head if self.plan is None else self.plan.earlier.started.base_sha

    @property
    def workflow(self) -> Workflow:
        """The validated workflow."""
        return self.loaded.workflow

    @property
    def begun(self) -> bool:
        """Whether the start of this attempt is on record."""
        last = self.journal.history.run
        return last is not None and last.attempt == self.attempt

    @property
    def anything_ran(self) -> bool:
        """Whether a phase has begun in this attempt."""
        return self.journal.history.any_phase_begun

    @property
    def run_limit_seconds(self) -> float | None:
        """The limit of the whole run, if there is one."""
        minutes = self.settings.timeout_minutes
        return self.workflow.timeout if minutes is None else minutes * 60


def identity_of(settings: Settings, checkout: Checkout, environ: Mapping[str, str]) -> Identity:
    """The name and address in the program's own commits: the inputs, else the checkout's configuration, else a bot."""
    fallback = checkout.identity or (BOT if environ.get("GITHUB_ACTIONS") == "true" else NOBODY)
    return Identity(settings.git_user_name or fallback.name, settings.git_user_email or fallback.email)


async def compose_env(parts: RunParts, engine: GitEngine) -> RunEnv:
    """Resolve the workflow's variables and put the environment together.

    Raises `InvalidInput` for values that are not numbers, `PhaseFailed` when a command that computes a variable fails.
    """
    log_unseen(parts)
    output = parts.files.open_log("inputs")
    initial = await resolve_variables(parts, output, engine.parent_worktree.path)
    deferred = deferred_names(parts.workflow, captured_only=True)
    known = {**parts.world.environ, **initial.all}
    workflow = parts.workflow
    if workflow.map is not None and workflow.map.carry:
        workflow = workflow.model_copy(
            update={"map": resolve_carry(workflow.map, initial.all, parts.checkout.directory)}
        )
    env = RunEnv(
        activity=parts.progress,
        workflow=workflow,
        run_id=parts.run_id,
        repository=engine,
        items=WorktreeItemReader(
            Path(parts.checkout.start_path),
            parse_file=parse_item_blocks,
            executor=parts.runner,
            shell=parts.loaded.shell,
            output=output,
            log=parts.log,
            warn=lambda reason: warn_of_selection(parts, reason),
            problem_at_input=partial(locate_unreadable_input, positions=parts.loaded.loaded.positions),
            interpreter=parts.workflow.defaults.interpreter,
            accounts=parts.accounts,
            checkout_owner=owner_to_read_as(parts.settings.run_as, Path(parts.checkout.path)),
        ),
        storage=parts.journal,
        results=parts.files,
        executor=parts.runner,
        git=engine.state,
        files=LocalWorktreeFiles(parts.accounts),
        scratch=parts.scratch,
        shell=parts.loaded.shell,
        without_cut_secret=parts.world.masker.without_cut_secret,
        clock=parts.clock,
        log=parts.log,
        step_settings=step_settings(parts, initial, engine.commit_environ, engine.parent_worktree.path),
        variables={
            **run_names(workflow.name, parts.run_id),
            **results_before(mentioned_ids(parts.workflow)),
            **initial.all,
        },
        initial=initial,
        **_map_numbers(parts, without_deferred_fields(parts.workflow.map, deferred), known, _run_deadline(parts)),
        only=parts.settings.only,
        results_dir=parts.settings.results_dir,
        recorded_seconds=parts.loaded.recorded_seconds,
        masked=parts.world.masker.mask_text,
        target_branch=parts.checkout.branch,
        fingerprints=parts.fingerprints,
        warn_of_selection=lambda reason: warn_of_selection(parts, reason),
        inspect_items=lambda items, selection: warn_of_item_fields(parts, items, selection),
        map_summary=lambda: map_variables(parts.journal.history),
    )
    phase = parts.workflow.map
    if phase is None or not any(deferred_fields(phase, deferred, DEFERRED_FIELDS)):
        return env
    deadline = env.limits.run_deadline
    return replace(
        env, resolve_map=lambda captured: replace(env, **_map_numbers(parts, phase, {**known, **captured}, deadline))
    )


def warn_of_selection(parts: RunParts, reason: SelectionWarning) -> None:
    """Log the warning with its place, and keep it for the annotations."""
    warning = locate_selection_warning(reason, parts.loaded.loaded.positions)
    parts.warnings.append(warning)
    event = "no_items_selected" if reason.code == "no-items" else "selection_questionable"
    parts.log.warning(event, **diagnostic_json(warning))


def warn_of_item_fields(parts: RunParts, items: Sequence[JsonValue], selection: Selection) -> None:
    """Log a warning for each field of the workflow that items do not have, and for timings of other items; keep them
    for the annotations.
    """
    positions = parts.loaded.loaded.positions
    recorded = parts.loaded.recorded_seconds
    if recorded and selection.assignments and not seconds_of(selection.assignments, recorded):
        unknown = no_timings(parts.settings, len(selection.assignments))
        parts.warnings.append(unknown)
        parts.log.warning("timings_of_other_items", **diagnostic_json(unknown))
    for warning in find_unknown_item_fields(parts.workflow, positions, items, selection):
        parts.warnings.append(warning)
        parts.log.warning("unknown_item_field", **diagnostic_json(warning))


def log_unseen(parts: RunParts) -> None:
    """Log what the steps do not see although a user may expect it: tokens, other users, local changes."""
    hidden = hidden_tokens(parts.world.environ, parts.settings.env_allow)
    if hidden:
        parts.log.info("tokens_hidden_from_steps", names=list(hidden), hint="name them in env-allow to pass them on")
    if parts.settings.run_as == "owner" and parts.accounts is None:
        parts.log.info("run_as_owner_has_no_effect", reason="not started as root")
    calls_agent = any(step.claude is not None for steps in all_steps(parts.workflow) for step in steps)
    if calls_agent and not agent_program_of(parts).may_change_files:
        parts.log.warning("agent_may_change_nothing", hint="set agent-permissions, or run-as: owner")
    if parts.checkout.modified or parts.checkout.untracked:
        parts.log.info("local_changes_not_seen", modified=parts.checkout.modified, untracked=parts.checkout.untracked)


async def resolve_variables(parts: RunParts, output: LogSink, directory: str) -> RunVariables:
    """The variables that the run starts with; those that hold paths of the checkout name the same path in `directory`.

    Raises `PhaseFailed` when a command that computes one fails.
    """
    visible = visible_environment(parts.world.environ, parts.settings.env_allow)
    placed = paths_in(visible, parts.checkout.path)(directory)
    sources = parts.loaded.sources
    initial = await resolve_environment(
        replace(sources, process={**sources.process, **placed}),
        executor=parts.runner,
        shell=parts.loaded.shell,
        output=output,
        directory=posixpath.normpath(posixpath.join(directory, parts.checkout.directory)),
        visible={
            **visible,
            **placed,
            "PRODIGY_RUN_ID": parts.run_id,
            "PRODIGY_AUTOMATION": "true",
        },
        keep_secret=parts.world.masker.add,
    )
    own = {name: value for name, value in initial.own.items() if name not in parts.workflow.secrets}
    return replace(initial, own={**initial.own, **paths_in(own, parts.checkout.path)(directory)})


def step_settings(
    parts: RunParts, initial: RunVariables, commit_environ: Mapping[str, str], parent: str
) -> StepSettings:
    """What every step of the run sees; `commit_environ` dates its commits, unless the workflow does."""
    workflow = parts.workflow
    program = agent_program_of(parts)
    environ = {**initial.exported, **program.environ}
    placeable = {name: value for name, value in initial.exported.items() if name not in workflow.secrets}
    start = posixpath.join(parent, parts.checkout.directory)
    shares_home = parts.accounts is not None or workflow.map is None or workflow.map.home == "shared"
    return StepSettings(
        agent_command=program.argv,
        interpreter=workflow.defaults.interpreter,
        environ={**commit_environ, **environ},
        captured=frozenset(name for steps in all_steps(workflow) for name in captured_names(steps)),
        mentioned_ids=mentioned_ids(workflow),
        fixed=frozenset({*initial.parameters, *workflow.secrets}),
        given=frozenset(initial.parameters) & frozenset(initial.own),
        grace_seconds=_grace_seconds(workflow),
        paths_in=paths_in(placeable, parent),
        directory=parts.checkout.directory,
        missing_agent_program=lambda: missing_program(program.argv[0], environ, start),
        missing_interpreter=lambda shell: missing_program(shell, environ, start),
        git_configuration=None
        if shares_home or "GIT_CONFIG_GLOBAL" in initial.exported
        else git_configuration(initial.exported),
    )


def agent_program_of(parts: RunParts) -> AgentProgram:
    """How the agent program is called."""
    words = shlex.split(parts.settings.agent_command)
    as_root = parts.accounts is None and os.geteuid() == 0
    return agent_program(words, parts.settings.agent_permissions, as_root=as_root)


class _MapNumbers(TypedDict):
    max_parallel: int
    map_config: MapConfig
    limits: AgentLimits


def _map_numbers(
    parts: RunParts, phase: MapPhase | None, variables: Mapping[str, JsonValue], deadline: float | None
) -> _MapNumbers:
    """What of the map may be written as a variable. Raises `InvalidInput` for values that are not numbers."""
    return {
        "max_parallel": _within_open_files(
            parts, phase, _within_accounts(parts, phase, resolve_max_parallel(parts.settings, phase, variables))
        ),
        "map_config": map_config(phase, variables),
        "limits": _limits(phase, variables, run_deadline=deadline),
    }


def _within_accounts(parts: RunParts, phase: MapPhase | None, max_parallel: int) -> int:
    shared = phase is not None and phase.isolation == "none"  # one worktree, one user
    if parts.accounts is None or shared or max_parallel <= WORKTREES_MOST:
        return max_parallel
    message = f"run-as: owner has users for {WORKTREES_MOST} items at a time, not for {max_parallel}"
    raise InvalidInput([Diagnostic(message, source="input max-parallel", hint=f"use at most {WORKTREES_MOST}")])


def _within_open_files(parts: RunParts, phase: MapPhase | None, max_parallel: int) -> int:
    """The items at a time that the limit of open files allows; fewer than asked for are a warning."""
    most = commands_within(parts.open_files)
    if phase is None or max_parallel <= most:
        return max_parallel
    message = f"the limit of open files, {parts.open_files}, allows {most} items at a time, not {max_parallel}"
    if parts.settings.max_parallel is None:
        found = parts.loaded.loaded.positions.diagnostic(("map", "max_parallel"), message, hint=OPEN_FILES_HINT)
        warning = replace(found, severity="warning", code="open-files")
    else:
        warning = Diagnostic(
            message, source="input max-parallel", hint=OPEN_FILES_HINT, severity="warning", code="open-files"
        )
    if warning not in parts.warnings:
        parts.warnings.append(warning)
        parts.log.warning("fewer_items_at_a_time", **diagnostic_json(warning))
    return most


def _limits(phase: MapPhase | None, variables: Mapping[str, JsonValue], *, run_deadline: float | None) -> AgentLimits:
    if phase is None:
        return AgentLimits()
    return AgentLimits(
        agent_timeout_seconds=agent_timeout(phase, variables),
        command_timeouts=command_timeouts(phase, variables),
        timeout_action=phase.timeout_config.timeout_action,
        run_deadline=run_deadline,
    )


def _run_deadline(parts: RunParts) -> float | None:
    limit = parts.run_limit_seconds
    return None if limit is None else parts.clock.monotonic() + limit


def _grace_seconds(workflow: Workflow) -> float:
    written = workflow.map.timeout_config.cleanup_grace_period_secs if workflow.map is not None else None
    return 1.0 if written is None else written
