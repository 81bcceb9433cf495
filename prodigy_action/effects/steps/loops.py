"""Steps repeated over a list: `foreach`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import anyio

from prodigy_action.effects.listed_files import files_matching
from prodigy_action.effects.steps.actions import interpreter_of, run_shell, visible_variables, working_directory
from prodigy_action.effects.steps.scope import Execution, StepCall, StepScope, exported_variables, local_outcome
from prodigy_action.effects.steps.turns import Turn
from prodigy_action.environment import StepPorts
from prodigy_action.errors import GitFailed, StepFailed
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Foreach, Step
from prodigy_action.pure.items.globs import filled_globs, globs_of
from prodigy_action.pure.items.source import parse_command_output
from prodigy_action.pure.shell.list_command import list_failed
from prodigy_action.pure.steps.captures import decode_output
from prodigy_action.pure.steps.rules import failure_message, last_output
from prodigy_action.pure.steps.step_results import nested_values
from prodigy_action.pure.templates.interpolation import render_text
from prodigy_action.pure.templates.lists import list_value
from prodigy_action.runtime import Effect, Failed, par_all_limit


async def run_foreach(call: StepCall, loop: Foreach) -> Execution:
    """Run the loop's steps once per element, in order or `parallel` at a time, in the same worktree.

    Inside, `${item}` is the element, `${index}` its position from 0 and `${total}` their number. The first failure
    stops a sequential loop, unless `continue_on_error` is set; a parallel one runs to its end, and only one of its
    elements at a time is at or behind its first step that uses git's index. The output is the output
    of the last step of each element, in order. Captures are those of all elements; later elements win.
    """
    env, scope = call.env, call.scope
    elements = await _elements(env, call.step, loop, scope)
    if isinstance(elements, Execution):
        return elements
    chosen = elements if loop.max_items is None else elements[: loop.max_items]

    inner = replace(scope, directory=await working_directory(env, call.step, scope))
    ended: dict[int, StepScope] = {}
    tolerated = [list[str]() for _ in chosen]
    places = anyio.Semaphore(1)

    async def one(index: int) -> None:
        own: dict[str, JsonValue] = {"item": chosen[index], "index": index, "total": len(chosen)}
        nested = inner.nested(f"foreach {index + 1} of {len(chosen)}", own)
        nested = replace(nested, tolerated=tolerated[index])
        if loop.parallel == 1:
            ended[index] = await call.nested.run(loop.steps, nested)
            return
        turn = Turn(places, outer=scope.turn)
        try:
            ended[index] = await call.nested.run(loop.steps, replace(nested, turn=turn))
        finally:
            turn.end()

    def effect_of(index: int) -> Effect[None, StepPorts]:
        return Effect(lambda _: one(index))

    problems: dict[int, str] = {}
    if loop.parallel > 1:
        outcomes = await par_all_limit([effect_of(i) for i in range(len(chosen))], loop.parallel).run(env)
        for index, outcome in enumerate(outcomes):
            if isinstance(outcome, Failed):
                if not isinstance(outcome.error, StepFailed):
                    raise outcome.error
                problems[index] = outcome.error.message
    else:
        for index in range(len(chosen)):
            try:
                await one(index)
            except StepFailed as error:
                problems[index] = error.message
                if not loop.continue_on_error:
                    break
    shown = f"foreach over {len(chosen)} elements"
    reasons = [f"element {index + 1}: {each}" for index, each in problems.items()]
    problem = "; ".join(reasons)
    for index, each in enumerate(tolerated):
        if index in problems and loop.continue_on_error:
            each.append(f"foreach {index + 1} of {len(chosen)}, {problems[index]}")
        scope.tolerated.extend(each)
    scopes = [ended[index] for index in sorted(ended)]
    output = "\n".join(last_output(each.variables, scope.variables) for each in scopes)
    captured = {name: value for each in scopes for name, value in nested_values(loop.steps, each.variables).items()}
    if problems and not loop.continue_on_error:
        failed = local_outcome(1, stdout=output, stderr=problem)
        return Execution(
            command=shown, completed=failed, stdout=output, stderr=problem, problem=problem, updates=captured
        )
    if problems:
        env.log.warning("foreach_elements_failed", within=scope.label, problems=reasons)
    return Execution(command=shown, completed=local_outcome(stdout=output), stdout=output, updates=captured)


async def _elements(env: StepPorts, step: Step, loop: Foreach, scope: StepScope) -> list[JsonValue] | Execution:
    if loop.command is None:
        variables = await visible_variables(env, scope, *map(str, loop.items or ()))
        return [_rendered(each, variables) for each in loop.items or ()]
    known = await visible_variables(env, scope, loop.command)
    listed = list_value(loop.command, known)
    if listed is not None:
        return listed
    if globs := globs_of(loop.command, known):
        try:
            return await _files(env, step, globs, scope)
        except GitFailed as error:
            shown = local_outcome(1, stderr=error.stderr)
            return Execution(command=loop.command, completed=shown, problem=f"its files: {error.message}")
    command, completed = await run_shell(env, loop.command, step, scope, None, lists=True)
    problem = None
    if completed.timed_out or list_failed(completed.exit_code, interpreter_of(env, step)):
        problem = failure_message(completed, None)
    if completed.stdout_truncated:
        problem = "it prints more than is kept of its output"
    if problem is not None:
        return Execution(command=command, completed=completed, problem=f"its list command: {problem}")
    return [_line(each) for each in parse_command_output(decode_output(completed.stdout), source="foreach")]


async def _files(env: StepPorts, step: Step, globs: Sequence[str], scope: StepScope) -> list[JsonValue]:
    """The files that globs match, from the directory that the step runs in."""
    variables = await visible_variables(env, scope, *globs)
    directory = await env.files.directory(scope.worktree.path, await working_directory(env, step, scope))
    environ = exported_variables(env, scope)
    wanted = filled_globs(globs, variables)
    found = await files_matching(env.executor, directory, wanted, environ)
    env.log.info("foreach_over_files", within=scope.label, globs=list(wanted), files=len(found))
    return list(found)


def _rendered(element: JsonValue, variables: Mapping[str, JsonValue]) -> JsonValue:
    """An element of the list, with the placeholders in its texts replaced."""
    if isinstance(element, str):
        return render_text(element, variables)
    if isinstance(element, Mapping):
        return {name: _rendered(each, variables) for name, each in element.items()}
    if isinstance(element, list | tuple):
        return [_rendered(each, variables) for each in element]
    return element


def _line(element: JsonValue) -> JsonValue:
    """For a line of plain output, the element is the line itself."""
    return element["item"] if isinstance(element, dict) and set(element) == {"item"} else element
