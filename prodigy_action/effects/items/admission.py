"""Admission control: decides before each agent starts whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import final

import anyio

from prodigy_action.environment import Clock, EventLog
from prodigy_action.model.workflow import ErrorPolicy
from prodigy_action.pure.policies.circuit_breaker import Breaker, Closed, HalfOpen, Open
from prodigy_action.pure.policies.error_policy import (
    Admission,
    Admitted,
    Decision,
    Delayed,
    Refused,
    decide_admission,
    record_finished,
    record_unlanded,
)


@final
class PolicyGate:
    """Keeps the counts of the error policy for one map; the decisions are made by `pure.policies.error_policy`.

    Items are admitted in the order of their calls. When the gate closes and the policy says `stop: now`, running agents
    are ended.
    """

    def __init__(self, policy: ErrorPolicy, *, planned: int, clock: Clock, log: EventLog) -> None:
        self._policy = policy
        self._planned = planned
        self._clock = clock
        self._log = log
        self._admission = Admission()
        self._entrance = anyio.Lock()
        self._changed = anyio.Event()
        self._running: set[anyio.CancelScope] = set()
        self._ends_running = False

    @property
    def stop_reason(self) -> str | None:
        """Why no further item may start; None while items may start."""
        return self._admission.stop_reason

    @property
    def ends_running(self) -> bool:
        """Whether the agents that were running when the gate closed are ended."""
        return self._ends_running

    async def admit(self) -> Admitted | Refused:
        """Whether the next item may start; waits while the circuit breaker holds items back."""
        if not self._entrance.locked():  # no other item waits for its turn
            decision = self._decide()
            if not isinstance(decision, Delayed):
                return decision
        async with self._entrance:
            while isinstance(decision := self._decide(), Delayed):
                await self._until_changed(decision.seconds)
            return decision

    def _decide(self) -> Decision:
        decision = decide_admission(self._admission, self._policy, now=self._clock.monotonic())
        if isinstance(decision, Admitted):
            self._turn_to(decision.admission)
        return decision

    @contextmanager
    def running(self) -> Iterator[anyio.CancelScope]:
        """A scope for the work of one agent: cancelled when the gate closes and running agents are to end."""
        with anyio.CancelScope() as scope:
            if self._ends_running:
                scope.cancel()
            self._running.add(scope)
            try:
                yield scope
            finally:
                self._running.discard(scope)

    def record_finished(self, *, failed: bool, epoch: int = 0, stop: str | None = None) -> None:
        """Count one item that ended; `stop` closes the gate for that reason, whatever the policy says."""
        counted = record_finished(
            self._admission,
            self._policy,
            planned=self._planned,
            failed=failed,
            epoch=epoch,
            now=self._clock.monotonic(),
        )
        self._turn_to(counted if counted.stop_reason or stop is None else replace(counted, stop_reason=stop))

    def record_unlanded(self) -> None:
        """Count an item that succeeded but whose commits could not land: it counts as failed instead."""
        self._turn_to(record_unlanded(self._admission, self._policy, planned=self._planned))

    def halt(self, reason: str) -> None:
        """Close the gate and end the running agents, whatever the policy says."""
        self._end_running()
        self._turn_to(replace(self._admission, stop_reason=self._admission.stop_reason or reason))

    async def _until_changed(self, seconds: float | None) -> None:
        changed = self._changed

        async def nap(limit: float) -> None:
            await self._clock.sleep(limit)
            waiting.cancel_scope.cancel()

        async with anyio.create_task_group() as waiting:
            if seconds is not None:
                waiting.start_soon(nap, seconds)
            await changed.wait()
            waiting.cancel_scope.cancel()

    def _turn_to(self, admission: Admission) -> None:
        before, self._admission = self._admission, admission
        if admission.breaker.epoch != before.breaker.epoch:
            self._log_change(admission.breaker)
        if admission.stop_reason is not None and before.stop_reason is None:
            self._log.warning("admission_stopped", reason=admission.stop_reason)
            if self._policy.stop == "now":
                self._end_running()
        if admission != before:
            self._changed.set()
            self._changed = anyio.Event()

    def _end_running(self) -> None:
        self._ends_running = True
        for scope in self._running:
            scope.cancel()

    def _log_change(self, breaker: Breaker) -> None:
        rules = self._policy.circuit_breaker
        match breaker.circuit:
            case Open() if rules is not None:
                self._log.warning("circuit_opened", seconds=rules.timeout)
            case HalfOpen() if rules is not None:
                self._log.info("circuit_half_opened", probes=rules.half_open_requests)
            case Closed():
                self._log.info("circuit_closed")
            case _:
                pass
