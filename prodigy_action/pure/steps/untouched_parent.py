"""Whether anything writes to the parent worktree before the items are read."""

from __future__ import annotations

from prodigy_action.model.workflow import Workflow


def setup_writes_nothing(workflow: Workflow) -> bool:
    """Whether no step, no command of a variable and no carried file comes before the items: git then has nothing to
    look for in the parent worktree.
    """
    commands = any(value.command is not None for value in workflow.env.values())
    carried = workflow.map is not None and bool(workflow.map.carry)
    return not (workflow.setup.steps or commands or carried)
