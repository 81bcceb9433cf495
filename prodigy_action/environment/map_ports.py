"""Ports that the agents of one map share: the merge queue, the admission gate, the failure reporter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import field
from typing import Protocol

from prodigy_action.dataclass import dataclass
from prodigy_action.model.git import Submission
from prodigy_action.pure.policies.error_policy import Admitted, Refused

# Each of these ports has one implementation, in `effects`, which is above this package: an effect asks for the
# environment, and the environment holds what all agents of the map share.


class MergeQueue(Protocol):
    """Lands the submissions of agents, in item order."""

    def landing(self) -> AbstractAsyncContextManager[None]:
        """While the context lasts, items may land after `resolve` has returned; at its end they have landed.

        Raises what landing raised, such as `JournalUnwritable`.
        """
        ...

    async def resolve(self, item_id: int, submission: Submission | None, number: int = 1) -> None:
        """Resolve an item (None: it has nothing to land) by its execution `number`, and land the items whose turn it
        is.
        """
        ...

    async def drain(self) -> tuple[tuple[int, int], ...]:
        """Treat every unresolved item as having nothing to land, and land the rest.

        Returns the conflicting items that are to be executed again, in item order, each with its next execution's
        number.
        """
        ...


class AgentScope(Protocol):
    """The work of one agent, which ends when `deadline` passes or the gate ends it."""

    deadline: float
    """In seconds of the event loop's clock."""

    @property
    def cancel_called(self) -> bool:
        """Whether the work is to end."""
        ...


class AdmissionGate(Protocol):
    """Counts failures, holds items back, and closes when the error policy says so."""

    @property
    def stop_reason(self) -> str | None: ...
    @property
    def ends_running(self) -> bool:
        """Whether the agents that were running when the gate closed are ended."""
        ...

    async def admit(self) -> Admitted | Refused:
        """Whether the next item may start; waits while the circuit breaker holds items back."""
        ...

    def running(self) -> AbstractContextManager[AgentScope]:
        """A scope for the work of one agent, cancelled when running agents are to end."""
        ...

    def record_finished(self, *, failed: bool, epoch: int = 0, stop: str | None = None) -> None:
        """Count an item that ended, admitted in `epoch`; `stop` closes the gate for that reason."""
        ...

    def record_unlanded(self) -> None:
        """Count an item that succeeded but whose commits could not land."""
        ...

    def halt(self, reason: str) -> None:
        """Close the gate and end the running agents, whatever the policy says."""
        ...


class Failures(Protocol):
    """Reports failed items in the log, when the error policy says so."""

    def report(self, item_id: int, state: str, problem: str) -> None: ...
    def finish(self) -> None:
        """Report the remaining failures."""
        ...


class Activity(Protocol):
    """Shows which step each running item is at."""

    def begin(self, item_id: int, current_step: Callable[[], str]) -> None:
        """The steps of an item begin; `current_step` names the step that it is at, whenever it is asked."""
        ...

    def end(self, item_id: int) -> None:
        """The steps of the item have ended."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLimits:
    """Limits of one agent, in seconds."""

    agent_timeout_seconds: float | None = None
    command_timeouts: Mapping[str, float] = field(default_factory=dict)
    timeout_action: str = "dlq"
    run_deadline: float | None = None
    """Monotonic seconds at which the whole run is ended."""
