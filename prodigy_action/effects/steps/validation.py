"""The loop of `validate`: score the work, improve it, score it again."""

from __future__ import annotations

from prodigy_action.effects.steps.actions import visible_variables
from prodigy_action.effects.steps.scope import Execution, NestedSteps, StepScope, local_outcome
from prodigy_action.environment import StepPorts
from prodigy_action.errors import StepFailed
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import OnIncomplete, Validation
from prodigy_action.pure.steps.captures import decode_output
from prodigy_action.pure.steps.rules import last_output
from prodigy_action.pure.steps.validation_result import (
    ValidationResult,
    mentioned_fields,
    no_result,
    read_result_file,
    read_validation,
)
from prodigy_action.pure.templates.interpolation import render_text
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.runtime import Effect, EffectTimedOut


async def run_validation(nested: NestedSteps, rules: Validation, scope: StepScope) -> Execution:
    """Validate; while the work is incomplete, run `on_incomplete` and validate again.

    Sets `${validation.*}`. A failing `on_incomplete` uses up an attempt. Fails when the work stays incomplete, unless
    `on_incomplete.fail_workflow` is false, and when `on_incomplete` did not make a required commit.
    """
    env, again = nested.env, rules.on_incomplete
    attempts = again.max_attempts if again is not None else 0
    result = await _validate_once(nested, rules, scope)
    problem: str | None = None
    attempt = 0
    while not result.is_complete(rules.threshold) and again is not None and attempt < attempts:
        attempt += 1
        reported = result.variables(attempt)
        absent = sorted(mentioned_fields(again) - reported.keys())
        if absent:
            env.log.warning("validation_fields_not_reported", within=scope.label, fields=absent)
        updates: dict[str, JsonValue] = {"validation": {**dict.fromkeys(absent), **reported}}
        inner = scope.nested(f"on_incomplete, attempt {attempt}", updates)
        before = await env.git.head(scope.worktree.path) if again.commit_required else ""
        problem = await _improve(nested, again, inner)
        if problem is None and again.commit_required and await env.git.head(scope.worktree.path) == before:
            return _incomplete(
                "on_incomplete: commit_required, and it made no commit", result, attempt, "commit_required"
            )
        if problem is not None:
            env.log.warning("improvement_failed", within=scope.label, attempt=attempt, problem=problem)
        result = await _validate_once(nested, rules, scope)
    if result.is_complete(rules.threshold):
        return _complete(result, attempt)
    problem_text = f"validation: {result.completion:g} % complete, {rules.threshold:g} % needed"
    if result.missing:
        problem_text += f"; missing: {', '.join(result.missing[:5])}"
    if again is not None and not again.fail_workflow:
        scope.tolerated.append(problem_text)
        env.log.warning(
            "validation_incomplete", within=scope.label, completion=result.completion, missing=list(result.missing[:5])
        )
        return _complete(result, attempt)
    if problem is not None:
        problem_text += f"; on_incomplete failed: {problem}"
    return _incomplete(problem_text, result, attempt, "validation_failed")


def _complete(result: ValidationResult, attempt: int) -> Execution:
    updates: dict[str, JsonValue] = {"validation": result.variables(attempt)}
    completed = local_outcome(stdout=result.text)
    return Execution(command="validate", completed=completed, stdout=result.text, updates=updates)


def _incomplete(problem_text: str, result: ValidationResult, attempt: int, kind: str) -> Execution:
    updates: dict[str, JsonValue] = {"validation": result.variables(attempt)}
    completed = local_outcome(1, stdout=result.text, stderr=problem_text)
    return Execution(
        command="validate",
        completed=completed,
        stdout=result.text,
        stderr=problem_text,
        problem=problem_text,
        kind=kind,
        updates=updates,
    )


async def _improve(nested: NestedSteps, again: OnIncomplete, scope: StepScope) -> str | None:
    try:
        await nested.run(again.steps, scope)
    except StepFailed as error:
        return error.message
    return None


async def _validate_once(nested: NestedSteps, rules: Validation, scope: StepScope) -> ValidationResult:
    env, inner = nested.env, scope.nested("validate", {})
    limited: Effect[StepScope, StepPorts] = Effect(lambda _: nested.run(rules.steps, inner))
    if rules.timeout is not None:
        limited = limited.timeout(rules.timeout)
    try:
        scope = await limited.run(env)
        succeeded, text = True, last_output(scope.variables, inner.variables)
    except StepFailed as error:
        succeeded, text = False, error.stdout or error.output_tail
    except EffectTimedOut as error:
        return no_result(f"the validation timed out after {error.seconds:g} s")
    if rules.result_file is None:
        return read_validation(text, succeeded=succeeded, by_exit_code=rules.steps[-1].kind != "claude")
    path = render_text(rules.result_file, await visible_variables(env, scope, rules.result_file))
    try:
        written = await env.files.read(scope.worktree.path, env.step_settings.in_worktree(path))
    except (OSError, ValueError) as error:
        return no_result(f"the result file {path!r}: {reason_of(error)}")
    return read_result_file(decode_output(written), path, succeeded=succeeded)
