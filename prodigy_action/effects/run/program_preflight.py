"""A missing agent program or shell is found once, before the items run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prodigy_action.environment import MapEnv
from prodigy_action.errors import PhaseFailed
from prodigy_action.model.step import Step
from prodigy_action.runtime import effect

_NO_AGENT = (
    "install it in setup or in the image, name another one in agent-command, or use the image VERSION-agents, which "
    "has `claude`"
)
_NO_SHELL = "install it in setup or in the image, or write `interpreter: sh`"


@effect
async def check_programs_effect(env: MapEnv, items: int) -> None:
    """Raise `PhaseFailed` when every item would call a program that cannot be run: the agent program, or the shell of
    a step.

    A step that may be skipped, or that has a `PATH` of its own, is not looked at.
    """
    if not items:
        return
    settings = env.step_settings
    certain = list(_certain(env.agent_template))
    why = settings.missing_agent_program() if any(step.claude is not None for step in certain) else None
    if why is not None:
        raise PhaseFailed(f"the agent program cannot be run: {why} ({_NO_AGENT})", phase="map")
    for shell in dict.fromkeys(step.interpreter or settings.interpreter for step in certain if step.shell is not None):
        if (why := settings.missing_interpreter(shell)) is not None:
            raise PhaseFailed(f"the interpreter cannot be run: {why} ({_NO_SHELL})", phase="map")


def _certain(steps: Iterable[Step]) -> Iterator[Step]:
    return (step for step in steps if step.when is None and "PATH" not in step.env)
