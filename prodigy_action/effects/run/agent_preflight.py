"""A missing agent program is found once, before the items run."""

from __future__ import annotations

from prodigy_action.environment import MapEnv
from prodigy_action.errors import PhaseFailed
from prodigy_action.runtime import effect


@effect
async def check_agent_program_effect(env: MapEnv, items: int) -> None:
    """Raise `PhaseFailed` when every item would call the agent program and it cannot be run.

    A step that may be skipped, or that has a `PATH` of its own, is not looked at.
    """
    certain = any(
        step.claude is not None and step.when is None and "PATH" not in step.env for step in env.agent_template
    )
    why = env.step_settings.missing_agent_program() if certain and items else None
    if why is None:
        return
    hint = (
        "install it in setup or in the image, name another one in agent-command, or use the image VERSION-agents, "
        "which has `claude`"
    )
    raise PhaseFailed(f"the agent program cannot be run: {why} ({hint})", phase="map")
