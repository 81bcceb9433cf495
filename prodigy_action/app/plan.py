"""`plan` and `run --dry-run`: what would run, without running anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from prodigy_action.adapters.clock import SystemClock
from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.item_reader import WorktreeItemReader
from prodigy_action.adapters.log_filters import LazyEventLog
from prodigy_action.adapters.processes.checkout_owner import owner_to_read_as
from prodigy_action.adapters.processes.command_runner import SubprocessRunner
from prodigy_action.adapters.structured_logs import open_event_log
from prodigy_action.adapters.worktrees.files import LocalWorktreeFiles
from prodigy_action.app.loading import LoadedRun, load_run
from prodigy_action.app.masking import masked_document
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.timings import no_timings
from prodigy_action.effects.run.planning import read_selection
from prodigy_action.effects.run.workflow_environment import resolve_environment
from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.empty_selection import locate_selection_warning
from prodigy_action.inputs.checks.item_fields import find_unknown_item_fields
from prodigy_action.inputs.checks.unreadable_input import locate_unreadable_input
from prodigy_action.inputs.items.item_file import parse_item_blocks
from prodigy_action.model.assignment import Selection
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.plan_preview import PlannedPhase, PlannedShard, PlanPreview
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import MapPhase, Phase, Step
from prodigy_action.pure.dependency_analysis.phase_plan import phase_texts, plan_phase, step_text
from prodigy_action.pure.items.chosen import choose_assignments
from prodigy_action.pure.items.map_input import resolve_input
from prodigy_action.pure.items.nothing_selected import SelectionWarning
from prodigy_action.pure.items.slicing import expected_seconds, shard_total, slices_of
from prodigy_action.pure.items.timings import seconds_of
from prodigy_action.pure.steps.deferred_values import SELECTING_FIELDS, deferred_fields, deferred_names
from prodigy_action.pure.steps.environment import visible_environment
from prodigy_action.pure.steps.map_settings import map_config, resolve_max_parallel
from prodigy_action.pure.steps.run_variables import RunVariables

_GIT_AS_IN_A_RUN = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.quotePath", "GIT_CONFIG_VALUE_0": "false"}
"""A run has this setting in its own repository; `plan --run-input` uses the checkout's."""


class _NoOutput:
    def write(self, chunk: bytes) -> None:
        """Forget it."""


async def plan(settings: Settings, world: ProcessContext, *, run_input: bool = False) -> PlanPreview:
    """The plan of a run on the checkout, secrets masked. Raises `InvalidInput`; a command is executed only with
    `run_input`.
    """
    repository = world.directory / settings.working_directory
    loaded = load_run(settings, world, repository=repository)
    checkout = await open_checkout(str(repository), world.environ)
    workflow = loaded.workflow
    variables = await _variables(settings, world, loaded, checkout.start_path)
    selection, notes, max_parallel, warnings = None, list[str](), None, list[Diagnostic]()
    deferred = deferred_names(workflow)
    if workflow.map is not None:
        notes += deferred_fields(workflow.map, deferred, SELECTING_FIELDS)
        if not notes:
            directory = Path(checkout.start_path)

            def warn(reason: SelectionWarning) -> None:
                warnings.append(locate_selection_warning(reason, loaded.loaded.positions))

            def inspect(items: Sequence[JsonValue], chosen: Selection) -> None:
                warnings.extend(find_unknown_item_fields(workflow, loaded.loaded.positions, items, chosen))

            selection, note = await _select(
                settings, world, loaded, workflow.map, variables, directory, run_input, warn, inspect
            )
            notes += [note] if note is not None else []
        waiting = [] if settings.max_parallel else list(deferred_fields(workflow.map, deferred, ("max_parallel",)))
        notes += waiting
        max_parallel = (
            None if waiting else resolve_max_parallel(settings, workflow.map, {**world.environ, **variables.all})
        )
    shards = None if selection is None else _shards(settings, selection, loaded.recorded_seconds)
    if shards and loaded.recorded_seconds and all(shard.seconds is None for shard in shards):
        warnings.append(no_timings(settings, sum(len(shard.items) for shard in shards)))
    symlinks = await LocalWorktreeFiles().links(checkout.start_path)
    phases = (workflow.setup, workflow.reduce, workflow.merge)
    parsed = await loaded.shell.parse(text for phase in phases for text in phase_texts(phase))
    agent_steps = workflow.map.agent_template if workflow.map is not None else ()

    def planned(name: str, phase: Phase) -> PlannedPhase:
        found = plan_phase(phase, parsed, symlinks, workflow.retry_defaults)
        return replace(found, places=_places(loaded, (name, "steps"), phase.steps))

    preview = PlanPreview(
        workflow=workflow.name,
        selection=selection,
        notes=tuple(notes),
        setup=planned("setup", workflow.setup),
        agent=tuple(map(step_text, agent_steps)),
        agent_places=_places(loaded, ("map", "agent_template"), agent_steps),
        reduce=planned("reduce", workflow.reduce),
        merge=planned("merge", workflow.merge),
        max_parallel=max_parallel,
        warnings=(*loaded.loaded.warnings, *warnings),
        shards=shards,
    )
    return masked_document(preview, world.masker)


def _shards(settings: Settings, selection: Selection, recorded: Mapping[str, float]) -> tuple[PlannedShard, ...]:
    """The jobs that would share the items."""
    ids = [each.id for each in selection.assignments]
    seconds = seconds_of(selection.assignments, recorded)
    expected = dict(zip(ids, expected_seconds(ids, seconds), strict=False))
    total = shard_total(len(ids), settings.shards, settings.items_per_shard)
    return tuple(
        PlannedShard(own, sum(expected[id] for id in own) if expected else None)
        for own in slices_of(ids, total, seconds)
    )


def _places(loaded: LoadedRun, path: tuple[str, str], steps: Sequence[Step]) -> tuple[str, ...]:
    """The file and line of each step."""
    positions = loaded.loaded.positions
    repeated = path[0] == "setup" and loaded.repeated
    return tuple(positions.place(path if repeated else (*path, index)) for index in range(len(steps)))


async def _variables(settings: Settings, world: ProcessContext, loaded: LoadedRun, directory: str) -> RunVariables:
    """The variables that can be known without running anything: those computed by commands are left out."""
    known = {name: value for name, value in loaded.sources.env.items() if value.command is None}
    return await resolve_environment(
        replace(loaded.sources, env=known),
        executor=SubprocessRunner(),
        shell=loaded.shell,
        output=_NoOutput(),
        directory=directory,
        visible={
            **visible_environment(world.environ, settings.env_allow),
            "PRODIGY_AUTOMATION": "true",
            **_GIT_AS_IN_A_RUN,
        },
        keep_secret=world.masker.add,
    )


async def _select(
    settings: Settings,
    world: ProcessContext,
    loaded: LoadedRun,
    phase: MapPhase,
    variables: RunVariables,
    checkout: Path,
    run_input: bool,
    warn: Callable[[SelectionWarning], None],
    inspect: Callable[[Sequence[JsonValue], Selection], None],
) -> tuple[Selection | None, str | None]:
    """The items that a run would have, or why they are not known."""
    config = map_config(phase, {**world.environ, **variables.all})
    log = LazyEventLog(
        lambda: open_event_log(
            world.stderr, log_format="console", level="warning", masker=world.masker, now=SystemClock().now
        )
    )
    reader = WorktreeItemReader(
        checkout,
        parse_file=parse_item_blocks,
        executor=SubprocessRunner(),
        shell=loaded.shell,
        output=_NoOutput(),
        log=log,
        warn=warn,
        problem_at_input=partial(locate_unreadable_input, positions=loaded.loaded.positions),
        interpreter=loaded.workflow.defaults.interpreter,
        checkout_owner=owner_to_read_as(settings.run_as, checkout),
    )
    if phase.items is None:
        wanted = resolve_input(phase, variables, {})
        kind = "list" if wanted.listed is not None else await reader.kind_of(str(checkout), wanted)
        made_later = bool(loaded.workflow.setup.steps)
        if (kind == "file" or kind == "glob") and made_later and not await reader.is_there(str(checkout), wanted, kind):
            return None, f"the input {wanted.text.strip()!r} does not exist yet: setup may make it"
        if kind == "command" and wanted.value is None and not run_input:
            await reader.warn_if_ambiguous(str(checkout), wanted, kind)
            return None, "the items come from a command, which is not run here: --run-input runs it"
    selection = await read_selection(
        reader, str(checkout), phase, config, variables, {}, only=settings.only, warn=warn, inspect=inspect
    )
    return choose_assignments(selection, settings.only), None
