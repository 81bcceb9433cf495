"""The actions of a step: a script, an agent command, a file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

from prodigy_action.effects.steps.scope import StepScope, exported_variables, local_outcome
from prodigy_action.environment import StepPorts
from prodigy_action.errors import ExpressionError
from prodigy_action.model.command import CAPTURE_BYTES, CommandSpec, CompletedCommand
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Interpreter, Step, WriteFile
from prodigy_action.pure.dependency_analysis.value_mentions import find_expression_mentions
from prodigy_action.pure.shell.list_command import PIPEFAIL
from prodigy_action.pure.shell.safety.process_texts import render_own_variable, render_prompt
from prodigy_action.pure.shell.safety.render import (
    ShellScript,
    render_shell,
    render_values_file,
    text_to_parse,
)
from prodigy_action.pure.shell.safety.shown import logged_command, shown_command
from prodigy_action.pure.steps.arguments import positional
from prodigy_action.pure.steps.file_content import format_content
from prodigy_action.pure.steps.git_context import git_context
from prodigy_action.pure.templates.captured_names import BUILT_IN_ROOTS
from prodigy_action.pure.templates.interpolation import mentioned_roots, render_text, render_value, roots_of
from prodigy_action.pure.templates.origins import foreign_variables
from prodigy_action.pure.templates.placeholders import roots_with_default
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.pure.text.shortened import needs_shortening, shortened

OUTPUT_FILE_BYTES = 2**30
"""The most bytes of an `output_file`."""
_LAUNCH: Mapping[str, tuple[str, ...]] = {
    "sh": ("sh",),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
}


async def visible_variables(
    env: StepPorts, scope: StepScope, *texts: str | None, condition: str | None = None
) -> Mapping[str, JsonValue]:
    """The variables of a scope, with the git context computed when a text or `condition` asks for it."""
    roots = {root for text in texts if text for root in mentioned_roots(text)}
    if condition is not None:
        roots |= find_expression_mentions(condition).words
    updates: dict[str, JsonValue] = {}
    if "workflow" in roots:
        updates["workflow"] = git_context(await env.git.changes(scope.worktree.path, scope.start))
    if "step" in roots:
        updates["step"] = git_context(await env.git.changes(scope.worktree.path, scope.previous))
    return {**scope.variables, **updates} if updates else scope.variables


async def text_variables(env: StepPorts, scope: StepScope, *texts: str | None) -> Mapping[str, JsonValue]:
    """The variables for texts that no shell reads: a name that no step has captured yet is empty, and the environment
    gives a value to a name with a default.
    """
    found = await visible_variables(env, scope, *texts)
    absent = env.step_settings.captured - found.keys()
    exported, defaulted = (
        exported_variables(env, scope),
        {root for text in texts if text for root in roots_with_default(text)},
    )
    outer = {root: exported[root] for root in defaulted & exported.keys() - found.keys()}
    return {**outer, **dict.fromkeys(absent), **found} if absent or outer else found


async def with_own_environment(env: StepPorts, step: Step, scope: StepScope) -> StepScope:
    """The scope of a step and of everything that runs for it, with the step's own `env`.

    A value sees the ones before it and the process environment. Parameters and secrets win over it. Raises
    `ExpressionError` for a value that uses an unknown name, or that a shell would read as code.
    """
    if not step.env:
        return scope
    environ = exported_variables(env, scope)
    variables = {**environ, **await visible_variables(env, scope, *step.env.values())}
    trusted = {name for name, value in environ.items() if variables[name] == value}
    trusted -= scope.given | env.step_settings.given
    given = foreign_variables(step.env, roots_of(variables.keys()), trusted)
    own: dict[str, str] = {}
    for name, value in step.env.items():
        if name in env.step_settings.fixed:
            own[name] = render_value(scope.variables[name])
        else:
            own[name] = render_own_variable(name, value, {**variables, **own}, foreign=name in given)
    kept = dict(scope.environ)
    if not own.keys().isdisjoint({"HOME", "XDG_CONFIG_HOME"}):
        kept.pop("GIT_CONFIG_GLOBAL", None)  # the step has a home of its own, with its own configuration
    shown = {name: value for name, value in own.items() if name not in BUILT_IN_ROOTS | env.step_settings.fixed}
    return replace(
        scope,
        variables={**scope.variables, **shown},
        environ={**kept, **own},
        given=scope.given - frozenset(own) | given - env.step_settings.fixed,
    )


async def run_shell(
    env: StepPorts,
    text: str,
    step: Step,
    scope: StepScope,
    timeout_seconds: float | None,
    *,
    lists: bool = False,
) -> tuple[str, CompletedCommand]:
    """Run `text` with the step's interpreter; returns the text for the log, and the outcome.

    With `lists` it prints a list, so that a pipe in it fails when any of its commands fails.
    """
    variables = await visible_variables(env, scope, text)
    interpreter = interpreter_of(env, step)
    raw = step.interpolation == "raw"
    exported = exported_variables(env, scope)
    given = scope.given | env.step_settings.given
    parsed = await env.shell.parse([] if raw else text_to_parse(text, variables, exported=exported, given=given))
    script = render_shell(
        text, variables, interpreter=interpreter, parsed=parsed, raw=raw, exported=exported, given=given
    )
    shown = shown_command(text, variables, script, raw=raw)
    scope.log.announce(logged_command(shown, text).encode("utf-8", "surrogateescape"))
    directory = env.scratch.reserve()
    try:
        await env.scratch.save(
            directory, _script_files(script, directory, PIPEFAIL if lists else ""), worktree=scope.worktree.path
        )
        cwd = await env.files.directory(scope.worktree.path, await working_directory(env, step, scope))
        spec = CommandSpec(
            argv=(*_LAUNCH[interpreter], f"{directory}/step", *positional(variables)),
            cwd=cwd,
            env={**exported, "PWD": cwd},
            timeout_seconds=timeout_seconds,
            grace_seconds=env.step_settings.grace_seconds,
            capture_limit=_capture_limit(step),
            keep_running=step.keep_running,
        )
        completed = await env.executor.run(spec, scope.log)
        _report_background(env, step, scope, completed)
    finally:
        await env.scratch.discard(directory)
    return shown, completed


def interpreter_of(env: StepPorts, step: Step) -> Interpreter:
    """The shell of a step."""
    return step.interpreter or env.step_settings.interpreter


def _report_background(env: StepPorts, step: Step, scope: StepScope, completed: CompletedCommand) -> None:
    """Say which processes a command left in the background, and what became of them."""
    where = {"within": scope.label, "step": step.name or step.id or step.kind}
    if completed.kept:
        scope.log.write(f"=== goes on until the end of the run: {', '.join(completed.kept)}\n".encode())
        env.log.info("background_processes_kept", **where, processes=list(completed.kept))
    elif step.keep_running and completed.exit_code == 0:
        hint = "start it with `&`, and see whether it ended by itself"
        env.log.warning("no_background_process_to_keep", **where, hint=hint)
    if completed.ended:
        scope.log.write(f"=== ended with its step: {', '.join(completed.ended)}\n".encode())
        if scope.in_phase:
            hint = "keep_running: true at a step of setup keeps such processes until the end of the run"
            env.log.warning("background_processes_ended", **where, processes=list(completed.ended), hint=hint)


def _capture_limit(step: Step) -> int:
    return OUTPUT_FILE_BYTES if step.output_file is not None else CAPTURE_BYTES


def _script_files(script: ShellScript, directory: str, before: str) -> dict[str, bytes]:
    files = {"step": before.encode() + script.sourcing(f"{directory}/values").encode("utf-8", "surrogateescape")}
    if script.values:
        files["values"] = render_values_file(script.values)
    return files


async def run_agent_command(
    env: StepPorts, text: str, step: Step, scope: StepScope, timeout_seconds: float | None
) -> tuple[str, CompletedCommand]:
    """Run the agent command with the rendered `text` as its one argument; no shell is involved.

    Of a text that is too long for an argument the middle is left out, and the agent finds the whole in a file.
    """
    prompt = render_prompt(text, await text_variables(env, scope, text))
    if not needs_shortening(prompt):
        return await _call_agent(env, prompt, step, scope, timeout_seconds)
    directory = env.scratch.reserve()
    try:
        whole = {"prompt.txt": prompt.encode("utf-8", "surrogateescape")}
        await env.scratch.save(directory, whole, worktree=scope.worktree.path)
        path = f"{directory}/prompt.txt"
        env.log.warning("prompt_shortened", within=scope.label, bytes=len(whole["prompt.txt"]), file=path)
        return await _call_agent(env, shortened(prompt, path), step, scope, timeout_seconds)
    finally:
        await env.scratch.discard(directory)


async def _call_agent(
    env: StepPorts, prompt: str, step: Step, scope: StepScope, timeout_seconds: float | None
) -> tuple[str, CompletedCommand]:
    cwd = await env.files.directory(scope.worktree.path, await working_directory(env, step, scope))
    spec = CommandSpec(
        argv=(*env.step_settings.agent_command, prompt),
        cwd=cwd,
        env={**exported_variables(env, scope), "PWD": cwd},
        timeout_seconds=timeout_seconds,
        grace_seconds=env.step_settings.grace_seconds,
        capture_limit=_capture_limit(step),
    )
    shown = shlex.join([*env.step_settings.agent_command, prompt])
    scope.log.announce(
        logged_command(shown, shlex.join(env.step_settings.agent_command)).encode("utf-8", "surrogateescape")
    )
    completed = await env.executor.run(spec, scope.log)
    _report_background(env, step, scope, completed)
    return shown, completed


async def working_directory(env: StepPorts, step: Step, scope: StepScope) -> str:
    """Where a step runs, relative to the worktree."""
    if step.working_dir is None:
        return scope.directory
    written = render_text(step.working_dir, await text_variables(env, scope, step.working_dir))
    return env.step_settings.in_worktree(written)


async def write_file(env: StepPorts, file: WriteFile, scope: StepScope) -> tuple[str, CompletedCommand]:
    """Write the rendered content inside the worktree."""
    variables = await text_variables(env, scope, file.path, file.content)
    path = render_text(file.path, variables)
    shown = f"write_file {path}"
    try:
        content = format_content(render_text(file.content, variables), file.format)
        if file.format == "yaml":
            env.files.check_yaml(content)
        mode = None if file.mode is None else int(file.mode, 8)
        target = env.step_settings.in_worktree(path)
        await env.files.write(scope.worktree.path, target, content, mode=mode, create_dirs=file.create_dirs)
    except ExpressionError:
        raise
    except (OSError, ValueError) as error:
        return shown, local_outcome(1, stderr=f"{reason_of(error)}\n")
    return shown, local_outcome(stdout=path)
