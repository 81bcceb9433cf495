"""Steps of another file, run as one step: `workflow`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prodigy_action.effects.steps.actions import text_variables, with_own_environment, working_directory
from prodigy_action.effects.steps.scope import Execution, StepCall, local_outcome
from prodigy_action.errors import StepFailed
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import SubWorkflow
from prodigy_action.pure.steps.rules import last_output
from prodigy_action.pure.steps.sub_workflows import input_value, output_values


async def run_sub_workflow(call: StepCall, sub: SubWorkflow) -> Execution:
    """Run the steps of a sub-workflow in order, in the same worktree, with its values and variables.

    Its captures stay inside; `outputs` names those that later steps see, as `${NAME.output}`. `${NAME.success}` and
    `${NAME.output}` are always set; the output is that of its last step.
    """
    env, scope = call.env, call.scope
    variables = await text_variables(env, scope, *(each for each in sub.values.values() if isinstance(each, str)))
    values: Mapping[str, JsonValue] = {name: input_value(value, variables) for name, value in sub.values.items()}
    inner = replace(scope, directory=await working_directory(env, call.step, scope))
    nested = inner.nested(f"workflow {sub.name}", values)
    nested = await with_own_environment(env, call.step.model_copy(update={"env": sub.env}), nested)
    try:
        ended = await call.nested.run(sub.steps, nested)
    except StepFailed as error:
        updates = output_values(sub, {}, succeeded=False, output=error.stdout)
        return Execution(
            command=f"workflow {sub.name}",
            completed=local_outcome(error.step_exit_code or 1, stdout=error.stdout, stderr=error.message),
            stdout=error.stdout,
            stderr=error.message,
            problem=error.message,
            kind=error.kind,
            updates=updates,
        )
    output = last_output(ended.variables, nested.variables)
    updates = output_values(sub, ended.variables, succeeded=True, output=output)
    completed = local_outcome(stdout=output)
    return Execution(command=f"workflow {sub.name}", completed=completed, stdout=output, updates=updates)
