"""The limits of one agent: its time limit, and the error policy, which may end it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar, final

import anyio

from prodigy_action.environment import AgentScope, CommandRunner, LogSink, MapEnv
from prodigy_action.errors import StepFailed, StepTimedOut
from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.pure.items.outcome import AgentStopped

T = TypeVar("T")

_ROOM_SECONDS = 5.0
"""Time beyond the grace period in which the runner can end a command that reached the agent's limit."""


class _LimitPassed(StepFailed):
    """A command reached the agent's limit."""


@final
class _LimitedRunner:
    """Limits each command to the remaining time of the agent, so that it ends with a grace period and its output is
    kept.
    """

    def __init__(self, runner: CommandRunner, scope: AgentScope) -> None:
        self._runner = runner
        self._scope = scope
        self._limit = scope.deadline
        self._running = 0

    async def run(self, spec: CommandSpec, log: LogSink) -> CompletedCommand:
        left = max(self._limit - anyio.current_time(), 0.0)
        ours = spec.timeout_seconds is None or left < spec.timeout_seconds
        if not ours:
            return await self._runner.run(spec, log)
        self._running += 1
        self._scope.deadline = max(self._scope.deadline, self._limit + spec.grace_seconds + _ROOM_SECONDS)
        try:
            completed = await self._runner.run(replace(spec, timeout_seconds=left), log)
        finally:
            self._running -= 1
        if completed.timed_out:
            raise _LimitPassed("the agent's limit passed", step="", output_tail=completed.tail)
        if not self._running:
            self._scope.deadline = self._limit
        return completed


async def run_within_limits(env: MapEnv, work: Callable[[MapEnv], Awaitable[T]], current_step: Callable[[], str]) -> T:
    """The result of `work`, run with an environment that keeps the agent's limits.

    Raises `StepTimedOut` when `agent_timeout_secs` passed, `AgentStopped` when the error policy ended the agent.
    """
    limit = env.limits.agent_timeout_seconds
    passed: _LimitPassed | None = None
    with env.gate.running() as scope:
        ports = env
        if limit is not None:
            scope.deadline = anyio.current_time() + limit
            ports = replace(env, executor=_LimitedRunner(env.executor, scope))
        try:
            return await work(ports)
        except _LimitPassed as error:
            passed = error
        except Exception:
            if not scope.cancel_called:
                raise  # otherwise it is a consequence of the cancellation
    step = current_step()
    if passed is None and env.gate.ends_running:
        raise AgentStopped(env.gate.stop_reason or "", step=step)
    tail = "" if passed is None else passed.output_tail
    raise StepTimedOut(f"the agent timed out after {limit:g} s, in {step}", step=step, output_tail=tail) from passed
