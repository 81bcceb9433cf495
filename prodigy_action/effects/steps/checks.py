"""The checks after a successful execution: `validate`, `step_validate`, commits."""

from __future__ import annotations

from dataclasses import replace

from prodigy_action.effects.steps.actions import run_agent_command, run_shell, visible_variables
from prodigy_action.effects.steps.scope import Execution, StepCall, StepScope
from prodigy_action.effects.steps.validation import run_validation
from prodigy_action.environment import StepPorts
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import CommitRequest
from prodigy_action.model.workflow import CommitConfig, Step, StepCheck, StepValidate
from prodigy_action.pure.steps.captures import decode_output
from prodigy_action.pure.steps.rules import has_checks, needed_checks, output_updates
from prodigy_action.pure.templates.interpolation import render_glob, render_text
from prodigy_action.pure.text.bounded_regex import searcher
from prodigy_action.pure.text.cutting import cut_start


async def check_execution(call: StepCall, execution: Execution) -> Execution:
    """The execution; it has failed when one of the step's checks fails."""
    env, step, scope, before = call.env, call.step, call.scope, call.before
    if not has_checks(step):
        return execution
    if step.kind != "validate":
        scope = scope.with_variables({**output_updates(step, **execution.streams), **execution.updates})
        scope = scope.with_variables(execution.captured or {})
    if step.validation is not None:
        validated = await run_validation(call.nested, step.validation, scope)
        if not validated.succeeded or step.kind == "validate":
            return validated
        execution = execution.with_updates(validated.updates)
    if step.step_validate is not None:
        problem = await _check_step(env, step, step.step_validate, scope)
        if problem is not None:
            return execution.failed(problem, "validation_failed")
    if step.auto_commit or step.commit_config is not None:
        problem = await _commit(env, step, step.commit_config or CommitConfig(), scope, before)
        if problem is not None:
            return execution.failed(problem, "commit_failed")
    if step.commit_required and await env.git.head(scope.worktree.path) == before:
        return execution.failed("commit_required: the step made no commit", "commit_required")
    return execution


async def _check_step(env: StepPorts, step: Step, rules: StepValidate, scope: StepScope) -> str | None:
    problems: list[str] = []
    for attempt in range(rules.max_attempts):
        if attempt:
            await env.clock.sleep(rules.retry_delay)
        outcomes = [await _check_command(env, step, check, scope, rules.timeout) for check in rules.commands]
        problems = [problem for problem in outcomes if problem is not None]
        if len(outcomes) - len(problems) >= needed_checks(rules):
            return None
    return "step_validate: " + "; ".join(problems)


async def _check_command(
    env: StepPorts, step: Step, check: StepCheck, scope: StepScope, timeout_seconds: float | None
) -> str | None:
    run = run_agent_command if check.agent else run_shell
    command, completed = await run(env, check.command, step, scope, timeout_seconds)
    if completed.timed_out:
        return f"{command!r} timed out after {timeout_seconds} s"
    if completed.exit_code != check.expect_exit_code:
        return f"{command!r} ended with exit code {completed.exit_code} instead of {check.expect_exit_code}"
    if check.expect_output is not None:
        expected = render_text(check.expect_output, await visible_variables(env, scope, check.expect_output))
        if expected not in decode_output(completed.stdout):
            return f"{command!r} did not print {expected!r}"
    return None


async def _commit(env: StepPorts, step: Step, config: CommitConfig, scope: StepScope, before: str) -> str | None:
    """Commit, or squash, what the step changed; returns an error message. `${step.*}` in the message describes this
    step.
    """
    path = scope.worktree.path
    template = config.message_template or f"{step.name or step.id or step.kind}"
    message = render_text(template, await visible_variables(env, replace(scope, previous=before), template))
    fits = searcher(config.message_pattern) if config.message_pattern is not None else lambda _: True
    if step.auto_commit and not fits(message):
        return f"the commit message {message!r} does not match {config.message_pattern!r}"
    if step.auto_commit or config.squash:
        texts = (config.author, *config.include_files, *config.exclude_files)
        variables = await visible_variables(env, replace(scope, previous=before), *texts)
        inside = env.step_settings.in_worktree
        request = CommitRequest(
            message=message,
            author=None if config.author is None else render_text(config.author, variables),
            include=tuple(inside(render_glob(glob, variables)) for glob in config.include_files),
            exclude=tuple(inside(render_glob(glob, variables)) for glob in config.exclude_files),
            sign=config.sign,
            add=step.auto_commit,
            squash_since=before if config.squash else None,
        )
        try:
            await env.git.commit(path, request)
        except GitFailed as error:
            return f"no commit could be made: {cut_start(error.stderr.strip(), 300) or error.message}"
    if config.message_pattern is not None:
        unfit = [each for each in await env.git.messages(path, before) if not fits(each)]
        if unfit:
            return f"the commit message {unfit[0]!r} does not match {config.message_pattern!r}"
    return None
