"""Steps that run other steps: `foreach` and `validate`."""

from __future__ import annotations

from prodigy_action.effects.step_actions import run_shell, visible_variables
from prodigy_action.effects.step_scope import Execution, RunSteps, StepScope, local_outcome
from prodigy_action.environment import StepPorts
from prodigy_action.errors import StepFailed
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Foreach, OnIncomplete, Step, Validation
from prodigy_action.pure.captures import decode_output
from prodigy_action.pure.interpolation import render_text
from prodigy_action.pure.item_source import parse_command_output
from prodigy_action.pure.step_rules import failure_message
from prodigy_action.pure.validation_result import ValidationResult, read_validation
from prodigy_action.runtime import Effect, Failed, par_all_limit


async def run_foreach(env: StepPorts, step: Step, loop: Foreach, scope: StepScope, run_steps: RunSteps) -> Execution:
    """Run the loop's steps once per element, in order or `parallel` at a time, in the same worktree.

    Inside, `${item}` is the element, `${index}` its position from 0 and `${total}` their number. The first failure
    stops a sequential loop, unless `continue_on_error` is set; a parallel one runs to its end.
    """
    elements = await _elements(env, step, loop, scope)
    if isinstance(elements, Execution):
        return elements
    chosen = elements if loop.max_items is None else elements[: loop.max_items]

    async def one(index: int, ports: StepPorts) -> None:
        own: dict[str, JsonValue] = {"item": chosen[index], "index": index, "total": len(chosen)}
        await run_steps(ports, loop.steps, scope.nested(f"foreach {index + 1} of {len(chosen)}", own))

    def effect_of(index: int) -> Effect[None, StepPorts]:
        return Effect(lambda ports: one(index, ports))

    problems: list[str] = []
    if loop.parallel > 1:
        outcomes = await par_all_limit([effect_of(i) for i in range(len(chosen))], loop.parallel).run(env)
        for index, outcome in enumerate(outcomes):
            if isinstance(outcome, Failed):
                if not isinstance(outcome.error, StepFailed):
                    raise outcome.error
                problems.append(f"element {index + 1}: {outcome.error.message}")
    else:
        for index in range(len(chosen)):
            try:
                await one(index, env)
            except StepFailed as error:
                problems.append(f"element {index + 1}: {error.message}")
                if not loop.continue_on_error:
                    break
    shown = f"foreach over {len(chosen)} elements"
    told = "; ".join(problems)
    if problems and not loop.continue_on_error:
        return Execution(command=shown, completed=local_outcome(1, stderr=told), problem=told)
    if problems:
        env.log.warning("foreach_elements_failed", within=scope.label, problems=problems)
    return Execution(command=shown, completed=local_outcome())


async def _elements(env: StepPorts, step: Step, loop: Foreach, scope: StepScope) -> list[JsonValue] | Execution:
    if loop.command is None:
        variables = await visible_variables(env, scope, *(each for each in loop.items or () if isinstance(each, str)))
        return [render_text(each, variables) if isinstance(each, str) else each for each in loop.items or ()]
    command, completed = await run_shell(env, loop.command, step, scope, step.timeout)
    problem = failure_message(completed, step.timeout)
    if problem is not None:
        return Execution(command=command, completed=completed, problem=f"its list command: {problem}")
    return [_line(each) for each in parse_command_output(decode_output(completed.stdout), source="foreach")]


def _line(element: JsonValue) -> JsonValue:
    """An element that is a line of plain output is the line itself."""
    return element["item"] if isinstance(element, dict) and set(element) == {"item"} else element


async def run_validation(env: StepPorts, rules: Validation, scope: StepScope, run_steps: RunSteps) -> Execution:
    """Validate; while the work is incomplete, run `on_incomplete` and validate again.

    Sets `${validation.*}`. Fails when the work stays incomplete, unless `on_incomplete.fail_workflow` is false.
    """
    again = rules.on_incomplete
    attempts = again.max_attempts if again is not None else 0
    result = await _validate_once(env, rules, scope, run_steps)
    attempt = 0
    while not result.is_complete(rules.threshold) and again is not None and attempt < attempts:
        attempt += 1
        updates: dict[str, JsonValue] = {"validation": result.variables(attempt)}
        await _improve(env, again, scope.nested(f"on_incomplete, attempt {attempt}", updates), run_steps)
        result = await _validate_once(env, rules, scope, run_steps)
    final: dict[str, JsonValue] = {"validation": result.variables(attempt)}
    outcome = Execution(command="validate", completed=local_outcome(), updates=final)
    if result.is_complete(rules.threshold):
        return outcome
    told = f"validation: {result.completion:g} % complete, {rules.threshold:g} % needed"
    if result.missing:
        told += f"; missing: {', '.join(result.missing[:5])}"
    if again is not None and not again.fail_workflow:
        env.log.warning("validation_incomplete", within=scope.label, completion=result.completion)
        return outcome
    return Execution(
        command="validate", completed=local_outcome(1, stderr=told), problem=told, kind="validation_failed"
    )


async def _improve(env: StepPorts, again: OnIncomplete, scope: StepScope, run_steps: RunSteps) -> None:
    path = scope.worktree.path
    before = await env.git.head(path) if again.commit_required else ""
    await run_steps(env, again.steps, scope)
    if again.commit_required and await env.git.head(path) == before:
        raise StepFailed(
            "on_incomplete: commit_required, and it made no commit", step="validate", kind="commit_required"
        )


async def _validate_once(env: StepPorts, rules: Validation, scope: StepScope, run_steps: RunSteps) -> ValidationResult:
    limited: Effect[StepScope, StepPorts] = Effect(lambda ports: _run(ports, rules, scope, run_steps))
    if rules.timeout is not None:
        limited = limited.timeout(rules.timeout)
    try:
        after = await limited.run(env)
    except StepFailed as error:
        return read_validation(error.output_tail, succeeded=False)
    except TimeoutError:
        return read_validation(f"the validation timed out after {rules.timeout} s", succeeded=False)
    if rules.result_file is not None:
        path = render_text(rules.result_file, after.variables)
        text = decode_output(await env.files.read(scope.worktree.path, path))
    else:
        last = after.variables.get("last")
        text = str(last["output"]) if isinstance(last, dict) else ""
    return read_validation(text, succeeded=True)


async def _run(env: StepPorts, rules: Validation, scope: StepScope, run_steps: RunSteps) -> StepScope:
    return await run_steps(env, rules.steps, scope.nested("validate", {}))
