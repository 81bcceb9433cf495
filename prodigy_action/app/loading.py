"""From settings to a validated workflow and its parameters, variables and secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from prodigy_action.adapters.files.named_file import first_existing
from prodigy_action.adapters.processes.checkout_owner import owner_to_read_as
from prodigy_action.adapters.shell_parser.parser import ShfmtParser
from prodigy_action.app.arguments import given_arguments
from prodigy_action.app.input_bytes import read_file
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.timings import read_timings
from prodigy_action.app.value_files import ValueFiles
from prodigy_action.app.workflow_files import files_of
from prodigy_action.dataclass import dataclass
from prodigy_action.effects.run.workflow_environment import EnvironmentSources
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.checks.located_steps import named_values
from prodigy_action.inputs.checks.undefined_names import find_undefined_names
from prodigy_action.inputs.workflow_file import LoadedWorkflow, in_order, load_workflow
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.settings import Settings
from prodigy_action.model.workflow import Workflow
from prodigy_action.pure.steps.arguments import Argument, missing_argument, uses_arguments, with_arguments
from prodigy_action.pure.steps.secret_values import secret_names, written_secrets
from prodigy_action.pure.steps.workflow_variables import resolve_parameters, select_profile

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRun:
    """Everything about a run that is known before the repository is used."""

    loaded: LoadedWorkflow
    path: Path
    shown_path: str
    parameters: dict[str, JsonValue]
    sources: EnvironmentSources
    shell: ShfmtParser
    recorded_seconds: Mapping[str, float]
    """Key → seconds of items in the earlier run that the input `timings` names."""
    repeated: bool = False
    """Whether the steps of setup are those of the file once for each argument."""

    @property
    def workflow(self) -> Workflow:
        """The validated workflow."""
        return self.loaded.workflow


def load_run(settings: Settings, world: ProcessContext, *, repository: Path) -> LoadedRun:
    """Read the workflow and the values for it. Raises `InvalidInput` with every problem."""
    path = find_workflow(settings.workflow, world, repository)
    owner = owner_to_read_as(settings.run_as, repository)
    # For annotations the runner resolves file names from the workspace, wherever the checkout is in it.
    beside = path == world.directory / settings.workflow
    shown = settings.workflow if beside else str(Path(settings.working_directory, settings.workflow))
    shell = ShfmtParser()
    loaded = load_workflow(
        read_file(path, shown, owner if path.is_relative_to(repository) else None),
        shown,
        shell,
        files_of(path, shown, repository),
        settings.params,
    )
    learn_secrets(loaded.workflow, world, settings.params)
    problems: list[Diagnostic] = []

    def collected(read: Callable[[], T], fallback: T) -> T:
        try:
            return read()
        except InvalidInput as error:
            problems.extend(error.diagnostics)
            return fallback

    written = loaded.workflow
    parameters = collected(lambda: resolve_parameters(written, settings.params), dict[str, JsonValue]())
    arguments = collected(lambda: given_arguments(settings, repository), list[Argument]())
    workflow, values = collected(lambda: with_arguments(written, arguments), (written, dict[str, JsonValue]()))
    parameters = {**parameters, **values}
    recorded_seconds = collected(lambda: read_timings(settings, world, repository), dict[str, float]())
    files = ValueFiles(world=world, repository=repository, beside=path.parent, owner=owner)
    profile = collected(lambda: select_profile(workflow, settings.profile), dict[str, str]())
    sources = EnvironmentSources(
        process=world.environ,
        from_files=collected(lambda: files.env_files(workflow, profile, parameters), {}),
        env=workflow.env,
        profile=profile,
        secrets=collected(lambda: files.secrets(workflow, parameters), {}),
        parameters=parameters,
        secret_names=secret_names(workflow),
    )
    if problems:
        raise InvalidInput(problems)
    loaded = replace(
        loaded,
        workflow=workflow,
        warnings=(*loaded.warnings, *files.warnings, *argument_warnings(written, arguments, sources)),
    )
    if workflow.env_files:
        undefined = find_undefined_names(workflow, loaded.positions, sources.from_files)
        found = dict.fromkeys([*loaded.warnings, *undefined])
        loaded = replace(loaded, warnings=tuple(in_order(list(found), first=shown)))
    return LoadedRun(
        loaded=loaded,
        path=path,
        shown_path=settings.workflow,
        parameters=parameters,
        sources=sources,
        shell=shell,
        recorded_seconds=recorded_seconds,
        repeated=written.map is None and len(arguments) > 1,
    )


def argument_warnings(
    workflow: Workflow, arguments: Sequence[Argument], sources: EnvironmentSources
) -> list[Diagnostic]:
    """A warning when the workflow uses an argument and none is given, or when it uses none of those that are given."""
    if arguments:
        if uses_arguments(workflow):
            return []
        message, hint = "the workflow uses no argument", "write `$ARG` where it belongs"
    else:
        known = {*sources.process, *sources.from_files, *sources.env, *sources.profile, *sources.secrets}
        missing = missing_argument(workflow, frozenset({*known, *sources.parameters, *named_values(workflow)}))
        if missing is None:
            return []
        message = f"the workflow uses `${missing}`, and no argument is given"
        hint = "give it with --args, --map or --param"
    return [Diagnostic(message, source="option --args", hint=hint, severity="warning", code="arguments")]


def learn_secrets(workflow: Workflow, world: ProcessContext, given: Mapping[str, str]) -> None:
    """Mask, from here on, the secrets whose values are in the environment, in the workflow file or in `given`, the
    parameters of the run.
    """
    for source in workflow.secrets.values():
        if source.provider == "env":
            world.masker.add(world.environ.get(source.key, ""))
    for text in written_secrets(workflow, given):
        world.masker.add(text)


def find_workflow(name: str, world: ProcessContext, repository: Path) -> Path:
    """The workflow file: relative to the current directory, else to the repository. Raises `InvalidInput`."""
    candidates = [world.directory / name, repository / name]
    found = first_existing(*candidates)
    if found is not None:
        return found
    hint = "give a path relative to the repository, such as .github/prodigy.yml"
    raise InvalidInput([Diagnostic(f"the workflow file {name!r} does not exist", source="workflow", hint=hint)])
