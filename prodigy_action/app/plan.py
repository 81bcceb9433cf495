"""`plan` and `run --dry-run`: what would run, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.clock import SystemClock
from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.item_reader import WorktreeItemReader
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.adapters.structured_logs import open_event_log
from prodigy_action.adapters.worktrees.files import LocalWorktreeFiles
from prodigy_action.app.composition import map_config, resolve_max_parallel
from prodigy_action.app.loading import LoadedRun, load_run
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.recording import GrowingMasker
from prodigy_action.effects.run.workflow_environment import resolve_environment
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.items.item_file import read_item_file
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.plan import Selection
from prodigy_action.model.run_plan import RunPlan
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.dependency_analysis.phase_plan import plan_phase, step_text
from prodigy_action.pure.items.source import looks_like_a_path, select_items
from prodigy_action.pure.json_values.json_path import JsonPath
from prodigy_action.pure.shell.safety.input_command import input_command
from prodigy_action.pure.steps.deferred_values import SELECTING_FIELDS, deferred_fields, deferred_names
from prodigy_action.pure.steps.environment import visible_environment
from prodigy_action.pure.templates.interpolation import render_text
from prodigy_action.pure.work_planning import MapConfig, choose_assignments, select_work


class _NoOutput:
    def write(self, chunk: bytes) -> None:
        """Forget it."""


async def plan(settings: Settings, world: ProcessContext, *, run_input: bool = False) -> RunPlan:
    """The plan of a run on the checkout. Raises `InvalidInput`; a command is executed only with `run_input`."""
    repository = world.directory / settings.working_directory
    loaded = load_run(settings, world, repository=repository)
    checkout = await open_checkout(str(repository), world.environ)
    workflow = loaded.workflow
    own = await _variables(settings, world, loaded, checkout.path)
    numbers = {**world.environ, **own}
    selection, notes, max_parallel = None, list[str](), None
    deferred = deferred_names(workflow)
    if workflow.map is not None:
        notes += deferred_fields(workflow.map, deferred, SELECTING_FIELDS)
        if not notes:
            selection, note = await _select(
                settings,
                world,
                loaded,
                workflow.map,
                own,
                map_config(workflow.map, numbers),
                Path(checkout.path),
                run_input,
            )
            notes += [note] if note is not None else []
        waiting = [] if settings.max_parallel else list(deferred_fields(workflow.map, deferred, ("max_parallel",)))
        notes += waiting
        max_parallel = None if waiting else resolve_max_parallel(settings, workflow.map, numbers)
    symlinks = await LocalWorktreeFiles().links(checkout.path)
    return RunPlan(
        workflow=workflow.name,
        selection=selection,
        notes=tuple(notes),
        setup=plan_phase(workflow.setup, symlinks, workflow.retry_defaults),
        agent=tuple(map(step_text, workflow.map.agent_template)) if workflow.map is not None else (),
        reduce=plan_phase(workflow.reduce, symlinks, workflow.retry_defaults),
        merge=plan_phase(workflow.merge, symlinks, workflow.retry_defaults),
        max_parallel=max_parallel,
        warnings=loaded.loaded.warnings,
    )


async def _variables(
    settings: Settings, world: ProcessContext, loaded: LoadedRun, directory: str
) -> dict[str, JsonValue]:
    """The variables that can be known without running anything: those computed by commands are left out."""
    known = {name: value for name, value in loaded.sources.env.items() if value.command is None}
    own = await resolve_environment(
        replace(loaded.sources, env=known),
        executor=SubprocessRunner(),
        output=_NoOutput(),
        directory=directory,
        visible=visible_environment(world.environ, settings.env_allow),
        keep_secret=lambda _: None,
    )
    return {**own, **loaded.parameters}


async def _select(
    settings: Settings,
    world: ProcessContext,
    loaded: LoadedRun,
    phase: MapPhase,
    variables: Mapping[str, JsonValue],
    config: MapConfig,
    checkout: Path,
    run_input: bool,
) -> tuple[Selection | None, str | None]:
    path = None if phase.json_path is None else JsonPath.parse(phase.json_path)

    def selected(items: list[JsonValue]) -> Selection:
        selection = select_work(items, config)
        return choose_assignments(selection, settings.only) if settings.only else selection

    if phase.items is not None:
        return selected(select_items(list(phase.items), path)), None
    text = render_text(phase.input or "", variables)
    masker = GrowingMasker()
    clock = SystemClock()
    log = open_event_log(world.stderr, log_format="console", level="warning", masker=masker, now=clock.now)
    reader = WorktreeItemReader(
        checkout, read_file=read_item_file, executor=SubprocessRunner(), output=_NoOutput(), log=log
    )
    has_setup = bool(loaded.workflow.setup.steps)
    if not await reader.is_file(str(checkout), text):
        if looks_like_a_path(text):
            if has_setup:
                return None, f"the input {text.strip()!r} does not exist yet: setup may make it"
            hint = "mend the path, or add a setup step that makes the file"
            message = f"the input file {text.strip()!r} does not exist"
            raise InvalidInput([Diagnostic(message, source="map.input", hint=hint, code="unreadable-input")])
        if not run_input:
            return None, "the items come from a command, which is not run here: --run-input runs it"
    environ = visible_environment(world.environ, settings.env_allow)
    own = {name: value for name, value in variables.items() if name not in loaded.parameters}
    items = await reader.read(
        str(checkout),
        text,
        path,
        environ,
        lambda: input_command(phase.input or "", own, loaded.parameters, exported=environ),
    )
    return selected(items), None
