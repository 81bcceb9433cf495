"""The life of a step: condition, executions, handlers, captures; and lists of them, in order or in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prodigy_action.dataclass import dataclass
from prodigy_action.effects.steps.actions import visible_variables, with_own_environment
from prodigy_action.effects.steps.execution import capture_output, execute, unexecuted
from prodigy_action.effects.steps.repair import Repaired, repair
from prodigy_action.effects.steps.scope import (
    Execution,
    StepCall,
    StepResult,
    StepScope,
    exported_variables,
)
from prodigy_action.environment import StepPorts
from prodigy_action.errors import ExpressionError, StepFailed, StepTimedOut
from prodigy_action.model.events import StepRecord
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Step
from prodigy_action.pure.expressions.conditions import Condition
from prodigy_action.pure.steps.rules import mentions_step_changes, output_updates, watches_head
from prodigy_action.pure.steps.shared_index import uses_shared_index
from prodigy_action.pure.steps.step_results import nested_values
from prodigy_action.pure.steps.step_titles import place_title
from prodigy_action.pure.steps.tolerated_failures import tolerated_inside, tolerated_within
from prodigy_action.runtime import Effect, par_all


@dataclass(frozen=True, slots=True)
class StepRunner:
    """Runs steps with the ports of `env`, also those that are written inside a step (handlers, loops, validations)."""

    env: StepPorts

    async def run(self, steps: tuple[Step, ...], scope: StepScope) -> StepScope:
        """Run steps in order, each seeing what those before it captured; returns the scope after the last.

        Raises `StepFailed` for the first step that fails for good.
        """
        tracking = any(mentions_step_changes(step) for step in steps)
        for index, step in enumerate(steps):
            began = await self.env.git.head(scope.worktree.path) if tracking else scope.previous
            result = await self.run_step(step, index, scope)
            scope = scope.with_variables(result.updates, previous=began)
        return scope

    async def run_batch(self, steps: tuple[Step, ...], scopes: Mapping[int, StepScope]) -> dict[int, StepResult]:
        """Run the steps of one batch side by side, to their ends, each in the scope given for its position.

        All failures of the batch are raised as one `ExceptionGroup`.
        """
        ended = await par_all([self._effect_of(steps[index], index, scope) for index, scope in scopes.items()]).run(
            self.env
        )
        return dict(zip(scopes, ended, strict=True))

    def _effect_of(self, step: Step, index: int, scope: StepScope) -> Effect[StepResult, StepPorts]:
        return Effect(lambda _: self.run_step(step, index, scope))

    async def run_step(self, step: Step, index: int, scope: StepScope) -> StepResult:
        """Run one step to its end. Raises `StepFailed` (`StepTimedOut`) when nothing repaired its failure."""
        if mentions_step_changes(step):
            scope = scope.with_variables({"step.name": place_title(step, index), "step.index": index})
        call = StepCall(nested=self, step=step, index=index, scope=replace(scope, tolerated=[]), before=scope.previous)
        started = self.env.clock.monotonic()
        if step.when is not None and not await _holds(call, step.when):
            record = StepRecord(index=index, name=call.label, kind=step.kind, command="", skipped=f"when: {step.when}")
            scope.records.append(record)
            self.env.log.info("step_skipped", within=scope.label, step=call.label, when=step.when)
            return StepResult(record=record)

        if scope.turn is not None and uses_shared_index(step):
            await scope.turn.take()
        if watches_head(step):
            call = replace(call, before=await self.env.git.head(scope.worktree.path))
        try:
            if step.env:
                call = replace(call, scope=await with_own_environment(self.env, step, call.scope))
        except ExpressionError as error:
            execution = unexecuted(step, f"env: {error.message}", "interpolation_failed")
        else:
            execution = await execute(call)
        repaired = Repaired(execution=execution) if execution.succeeded else await repair(call, execution)
        tries, execution = execution.tries, capture_output(step, repaired.execution)
        if repaired.tolerated is not None:
            problem = repaired.tolerated
            self.env.log.warning("step_failure_tolerated", within=scope.label, step=call.label, problem=problem)
        captured = execution.captured or {}
        record = StepRecord(
            index=index,
            name=call.label,
            kind=step.kind,
            command=execution.command,
            exit_code=execution.completed.exit_code,
            seconds=round(self.env.clock.monotonic() - started, 3),
            captured={name: value for name, value in captured.items() if "." not in name},
            recovered=_placed(call.label, repaired.recovered),
            tolerated=_placed(call.label, repaired.tolerated),
            tries=list(tries),
        )
        scope.records.append(record)
        scope.printed.add(execution.stdout)
        try:
            if not repaired.continues or execution.succeeded != repaired.execution.succeeded:
                raise _failure(call.label, execution)
            updates = {**output_updates(step, **execution.streams), **execution.updates, **captured}
            if execution.succeeded:
                updates.update(await self._after_success(call, updates))
        finally:
            record = _with_tolerated(scope, record, call.scope.tolerated)
            inside = tolerated_within(scope.within, step, record.tolerated, call.scope.tolerated)
            scope.tolerated.extend(inside)
        return StepResult(record=record, updates=updates, stdout=execution.stdout, stderr=execution.stderr)

    async def _after_success(self, call: StepCall, updates: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """What the steps captured that follow a success: `on_exit_code` of 0 and `on_success`."""
        steps = (*call.step.on_exit_code.get(0, ()), *call.step.on_success)
        if not steps:
            return {}
        after = await self.run(steps, call.scope.nested(f"on_success of {call.label}", updates, previous=call.before))
        return nested_values(steps, after.variables)


async def _holds(call: StepCall, condition: str) -> bool:
    exported = exported_variables(call.env, call.scope)
    try:
        variables = await visible_variables(call.env, call.scope, condition=condition)
        return Condition.parse(condition).evaluate({**exported, **variables})
    except ExpressionError as error:
        raise StepFailed(f"{call.label}: when: {error.message}", step=call.label, kind="condition_failed") from error


def _with_tolerated(scope: StepScope, record: StepRecord, tolerated: list[str]) -> StepRecord:
    """The record with what was tolerated inside the step, also after its end (`on_success`)."""
    if not tolerated:
        return record
    completed = record.model_copy(update={"tolerated_inside": tolerated_inside(tolerated)})
    scope.records[:] = [completed if each is record else each for each in scope.records]
    return completed


def _placed(label: str, problem: str | None) -> str | None:
    return None if problem is None else f"{label}: {problem}"


def _failure(label: str, execution: Execution) -> StepFailed:
    message = f"{label}: {execution.problem}"
    tail = execution.completed.tail
    if execution.completed.timed_out:
        return StepTimedOut(message, step=label, output_tail=tail)
    code = execution.completed.exit_code
    signal = execution.completed.signal
    return StepFailed(
        message,
        step=label,
        exit_code=code,
        signal=signal,
        output_tail=tail,
        stdout=execution.stdout,
        kind=execution.kind,
    )
