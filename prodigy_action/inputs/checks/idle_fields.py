"""Fields that have no effect because of what else a step or a workflow says, or does not say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import LocatedStep, workflow_steps
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.source_text import PROBLEM_LIMIT

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow

_ORDERED = ("reads", "writes", "needs")


def find_idle_fields(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    """A warning for each field that is written and changes nothing."""
    found: list[Diagnostic] = []
    for path, message, hint in _all(workflow):
        if positions.written(path) and len(found) < PROBLEM_LIMIT:
            diagnostic = positions.diagnostic(path, message, hint=hint, code="no-effect")
            found.append(replace(diagnostic, severity="warning"))
    return found


def _all(workflow: Workflow) -> Iterator[tuple[Path, str, str]]:
    yield from _of_workflow(workflow)
    for placed in workflow_steps(workflow):
        yield from _of_step(placed)


def _of_workflow(workflow: Workflow) -> Iterator[tuple[Path, str, str]]:
    policy = workflow.error_policy
    misspelt = policy.custom_handler is not None and policy.custom_handler not in workflow.handlers
    for name in workflow.handlers:
        if policy.custom_handler != name and not misspelt:
            message = f"nothing uses the handler `{name}`"
            yield ("handlers", name), message, f"write `on_item_failure: custom:{name}`"
    if workflow.map is not None and workflow.map.timeout_config.timeout_policy == "per_agent":
        message = "`command_timeouts` has no effect: the time limit is one of the whole agent"
        hint = "write `timeout_policy: hybrid`"
        yield ("map", "timeout_config", "command_timeouts"), message, hint


def _of_step(placed: LocatedStep) -> Iterator[tuple[Path, str, str]]:
    step, path = placed.step, placed.path
    config = step.commit_config
    if config is not None and not (step.auto_commit or config.squash or config.message_pattern):
        message = "`commit_config` has no effect: the step commits nothing by itself"
        yield (*path, "commit_config"), message, "write `auto_commit: true`"
    if step.kind in {"claude", "write_file"} and step.step_validate is None:
        for name in ("interpreter", "interpolation"):
            yield (*path, name), f"`{name}` has no effect: the step has no shell command", "remove it"
    in_order = "the steps of an agent" if path[0] == "map" else "the steps inside a step"
    if path[0] in {"map", "handlers"} or len(path) > len(("setup", "steps", 0)):
        for name in _ORDERED:
            yield (*path, name), f"`{name}` has no effect here: {in_order} run in their order", "remove it"
