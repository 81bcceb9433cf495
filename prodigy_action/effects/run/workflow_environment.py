"""The variables of a workflow: `env`, `secrets`, and the commands that compute some of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.environment import CommandRunner, LogSink, ShellParser
from prodigy_action.errors import ExpressionError, PhaseFailed
from prodigy_action.model.command import CommandSpec
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import EnvValue, SecretSource
from prodigy_action.pure.expressions.conditions import Condition
from prodigy_action.pure.shell.list_command import list_command, list_failed
from prodigy_action.pure.shell.safety.render import inline_script, inline_variables, text_to_parse
from prodigy_action.pure.steps.captures import decode_output
from prodigy_action.pure.steps.order_of_variables import in_order_of_use
from prodigy_action.pure.steps.run_variables import RunVariables
from prodigy_action.pure.templates.interpolation import mentioned_roots, render_text, render_value
from prodigy_action.pure.text.cutting import cut_start

ENV_COMMAND_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSources:
    """The sources of values, in ascending priority; parameters can be used in values, but are not exported."""

    secret_names: frozenset[str]
    """Names whose values are secret, whichever source they come from."""
    process: Mapping[str, str]
    from_files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, EnvValue] = field(default_factory=dict)
    profile: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)


async def resolve_environment(
    sources: EnvironmentSources,
    *,
    executor: CommandRunner,
    shell: ShellParser,
    output: LogSink,
    directory: str,
    visible: Mapping[str, str],
    keep_secret: Callable[[str], None],
) -> RunVariables:
    """The variables that the run starts with.

    `visible` is the environment that commands start from. `keep_secret` gets each secret value before anything may
    print it. Raises `PhaseFailed` when a command that computes a value fails.
    """
    for name in sources.secret_names:
        values = [each[name] for each in (sources.from_files, sources.secrets, sources.parameters) if name in each]
        for value in values:
            keep_secret(render_value(value))
    above = {**sources.secrets, **sources.parameters}
    resolved = dict(sources.from_files)
    authored: dict[str, str] = {}
    for name in in_order_of_use(sources.env):
        source = sources.env[name]
        variables: dict[str, JsonValue] = {**sources.process, **resolved, **above}
        if source.command is not None:
            mentioned = mentioned_roots(source.command) & sources.process.keys()
            passed = {each: sources.process[each] for each in mentioned}
            environ = {**visible, **passed, **resolved, **sources.secrets}
            script = await _script(name, source.command, {**resolved, **above}, environ, shell)
            taken_by = _Unlogged() if name in sources.secret_names else output
            value = await _command_output(name, script, executor, taken_by, directory, environ)
        elif source.condition is not None:
            chosen = source.when_true if Condition.parse(source.condition).evaluate(variables) else source.when_false
            authored[name] = chosen or ""
            value = render_text(chosen or "", variables)
        else:
            authored[name] = source.value or ""
            value = render_text(authored[name], variables)
        if name in sources.secret_names:
            keep_secret(value)
        resolved[name] = value
    profile = {
        name: render_text(text, {**sources.process, **resolved, **above}) for name, text in sources.profile.items()
    }
    for name in sources.secret_names & profile.keys():
        keep_secret(profile[name])
    resolved = {name: resolved[name] for name in {**sources.from_files, **sources.env}}
    own = {**resolved, **profile, **sources.secrets}
    authored = {name: text for name, text in {**authored, **sources.profile}.items() if name not in sources.secrets}
    return RunVariables(visible=visible, own=own, parameters=sources.parameters, authored=authored)


async def _script(
    name: str, command: str, variables: Mapping[str, JsonValue], environ: Mapping[str, str], shell: ShellParser
) -> str:
    texts = text_to_parse(command, inline_variables(command, variables, environ), exported=environ)
    parsed = await shell.parse(texts)
    try:
        return inline_script(command, variables, parsed=parsed, exported=environ)
    except ExpressionError as refused:
        raise PhaseFailed(f"env.{name}: {refused.message}", phase="env") from refused


class _Unlogged:
    """Discards the output of a command that computes a secret."""

    def write(self, chunk: bytes) -> None:
        """Discard the chunk."""


async def _command_output(
    name: str, command: str, executor: CommandRunner, output: LogSink, directory: str, environ: Mapping[str, str]
) -> str:
    spec = CommandSpec(
        argv=list_command(command, "sh"), cwd=directory, env=environ, timeout_seconds=ENV_COMMAND_SECONDS
    )
    completed = await executor.run(spec, output)
    if list_failed(completed.exit_code, "sh"):
        said = cut_start(completed.tail.strip(), 300)
        if isinstance(output, _Unlogged):
            said = "what it printed is not shown, since its value is a secret"
        raise PhaseFailed(f"env.{name}: its command ended with exit code {completed.exit_code}: {said}", phase="env")
    return decode_output(completed.stdout)


def missing_secret(name: str, source: SecretSource) -> str:
    """The message about a secret whose source has no value."""
    where = "environment variable" if source.provider == "env" else "file"
    return f"the secret {name!r} has no value: the {where} {source.key!r} is not there"
