"""The circuit breaker: after several failures in a row no item starts for a while, then a few items start as probes."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.model.workflow import CircuitBreaker


@dataclass(frozen=True, slots=True)
class Closed:
    """Items start freely; `failures` is how many have failed in a row."""

    failures: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing starts before `until` (monotonic seconds)."""

    until: float


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """Probes: how many are running, and how many have succeeded."""

    running: int = 0
    successes: int = 0


Circuit: TypeAlias = Closed | Open | HalfOpen


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit and how often its state changed. Items admitted in an earlier state no longer count."""

    circuit: Circuit = Closed()
    epoch: int = 0


def breaker_at(breaker: Breaker, now: float) -> Breaker:
    """The breaker at a time: an open one whose time has passed is half open."""
    if isinstance(breaker.circuit, Open) and now >= breaker.circuit.until:
        return Breaker(HalfOpen(), breaker.epoch + 1)
    return breaker


def has_room(breaker: Breaker, rules: CircuitBreaker) -> bool:
    """Whether one more item may start."""
    match breaker.circuit:
        case Closed():
            return True
        case Open():
            return False
        case HalfOpen(running=running):
            return running < rules.half_open_requests


def with_started(breaker: Breaker) -> Breaker:
    """The breaker after one more item started; in a half-open circuit it is a probe."""
    if isinstance(breaker.circuit, HalfOpen):
        return replace(breaker, circuit=replace(breaker.circuit, running=breaker.circuit.running + 1))
    return breaker


def with_ended(breaker: Breaker, rules: CircuitBreaker, *, epoch: int, failed: bool, now: float) -> Breaker:
    """The breaker after an item ended that was admitted in `epoch`.

    The `failure_threshold`-th failure in a row opens a closed circuit, a failed probe opens a half-open one again, and
    `success_threshold` good probes close it.
    """
    if epoch != breaker.epoch:
        return breaker
    match breaker.circuit:
        case Closed(failures=failures):
            if not failed:
                return replace(breaker, circuit=Closed())
            if failures + 1 < rules.failure_threshold:
                return replace(breaker, circuit=Closed(failures + 1))
            return Breaker(Open(now + rules.timeout), breaker.epoch + 1)
        case HalfOpen(running=running, successes=successes):
            if failed:
                return Breaker(Open(now + rules.timeout), breaker.epoch + 1)
            if successes + 1 >= rules.success_threshold:
                return Breaker(Closed(), breaker.epoch + 1)
            return replace(breaker, circuit=HalfOpen(running - 1, successes + 1))
        case Open():
            return breaker
