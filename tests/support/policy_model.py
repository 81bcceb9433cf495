"""A model of a map under an error policy, as a list of events: slow, plain, and without code of the product."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

UNIT = 1.0
_BIT = UNIT / (1 << 24)
"""A duration is whole units and a bit of its own, so that no two things happen at the same time."""


@dataclass(frozen=True)
class Rules:
    """The policy in plain words; None: not given."""

    action: str = "dlq"
    continues: bool = True
    max_failures: int | None = None
    ratio: float | None = None
    stop: str = "after-running"
    breaker: tuple[int, int, int, int] | None = None
    """Failures that open it, successes that close it, units it stays open, probes at once."""
    attempts: int = 1
    retry_delay: int = 1
    """In units."""


@dataclass(frozen=True)
class Case:
    """What happens to the items: how long each takes, how many executions fail first, and which do not merge."""

    rules: Rules
    workers: int
    units: tuple[int, ...]
    failing: tuple[int, ...]
    conflicting: frozenset[int] = frozenset()

    def seconds(self, item: int, attempt: int) -> float:
        return self.units[item] * UNIT + _BIT * (1 << (2 * item + attempt - 1))

    def fails(self, item: int, attempt: int) -> bool:
        return attempt <= self.failing[item]


@dataclass
class Simulation:
    """Plays a case; `states` holds the end of every item."""

    case: Case
    now: float = 0.0
    states: dict[int, str] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    """Items in the order in which they started."""
    events: list[tuple[float, str, int, int]] = field(default_factory=list)
    doing: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Item to what its worker does (`run`, or `rest` before a retry) and the era it was let in."""
    waiting: deque[int] = field(default_factory=deque)
    pulled: int = 0
    landed: int = 0
    finished: int = 0
    failed: int = 0
    stopped: bool = False
    circuit: str = "closed"
    era: int = 0
    in_a_row: int = 0
    good: int = 0
    probes: int = 0
    until: float = 0.0

    def play(self) -> dict[int, str]:
        for _ in range(self.case.workers):
            self.pull()
        while self.events:
            self.now, kind, item, attempt = heapq.heappop(self.events)
            if kind == "wake":
                self.admit()
            elif self.doing.get(item, ("", 0))[0] == kind:
                self.happen(kind, item, attempt)
        return self.states

    def pull(self) -> None:
        if self.pulled < len(self.case.units):
            self.waiting.append(self.pulled)
            self.pulled += 1
            self.admit()

    def admit(self) -> None:
        while self.waiting:
            if self.stopped:
                self.end(self.waiting.popleft(), "not_run")
                continue
            if self.circuit == "open":
                if self.now < self.until:
                    heapq.heappush(self.events, (self.until, "wake", 0, 0))
                    return
                self.turn("half", good=0, probes=0)
            if self.case.rules.breaker and self.circuit == "half":
                if self.probes >= self.case.rules.breaker[3]:
                    return
                self.probes += 1
            item = self.waiting.popleft()
            self.order.append(item)
            self.run(item, 1, self.era)

    def run(self, item: int, attempt: int, era: int) -> None:
        self.doing[item] = ("run", era)
        heapq.heappush(self.events, (self.now + self.case.seconds(item, attempt), "run", item, attempt))

    def happen(self, kind: str, item: int, attempt: int) -> None:
        rules, era = self.case.rules, self.doing[item][1]
        if kind == "rest":
            if self.stopped:
                self.end(item, "failed", era)
            else:
                self.run(item, attempt + 1, era)
        elif not self.case.fails(item, attempt):
            self.end(item, "succeeded", era)
        elif attempt < rules.attempts and not self.stopped:
            self.doing[item] = ("rest", era)
            heapq.heappush(self.events, (self.now + rules.retry_delay * UNIT, "rest", item, attempt))
        else:
            self.end(item, "skipped" if rules.action == "skip" else "failed", era)

    def end(self, item: int, state: str, era: int = 0) -> None:
        self.doing.pop(item, None)
        self.states[item] = state
        self.land()
        if state in {"succeeded", "failed", "skipped"}:
            self.finished += 1
            self.notify_breaker(era, failed=state == "failed")
            if state == "failed":
                self.count_failure()
        self.pull()

    def land(self) -> None:
        while self.landed in self.states:
            if self.states[self.landed] == "succeeded" and self.landed in self.case.conflicting:
                self.states[self.landed] = "conflicted"
                self.count_failure()
            self.landed += 1

    def count_failure(self) -> None:
        rules = self.case.rules
        self.failed += 1
        stops = (
            (rules.max_failures is not None and self.failed > rules.max_failures)
            or (rules.ratio is not None and self.finished >= 10 and self.failed / self.finished > rules.ratio)
            or rules.action == "stop"
            or not rules.continues
        )
        if stops and not self.stopped:
            self.stopped = True
            if rules.stop == "now":
                for item, (kind, era) in list(self.doing.items()):
                    self.end(item, "cancelled" if kind == "run" else "failed", era)
        self.admit()

    def notify_breaker(self, era: int, *, failed: bool) -> None:
        if self.case.rules.breaker is None or era != self.era or self.circuit == "open":
            return
        opens, closes, units, _ = self.case.rules.breaker
        if self.circuit == "half":
            self.probes -= 1
            self.good += not failed
            if not failed and self.good >= closes:
                self.turn("closed", in_a_row=0)
        else:
            self.in_a_row = self.in_a_row + 1 if failed else 0
        if failed and (self.circuit == "half" or self.in_a_row >= opens):
            self.until = self.now + units * UNIT
            self.turn("open")
        self.admit()

    def turn(self, circuit: str, **counts: int) -> None:
        self.circuit = circuit
        self.era += 1
        for name, value in counts.items():
            setattr(self, name, value)


def verdict_of(case: Case, states: dict[int, str]) -> str:
    """What the run comes to."""
    failed = sum(state in {"failed", "conflicted"} for state in states.values())
    rules = case.rules
    if any(state in {"cancelled", "not_run"} for state in states.values()):
        return "failure"
    if not failed:
        return "success"
    within_count = rules.max_failures is None or failed <= rules.max_failures
    within_ratio = rules.ratio is None or failed / len(states) <= rules.ratio
    given = rules.max_failures is not None or rules.ratio is not None
    return "partial" if given and within_count and within_ratio else "failure"
