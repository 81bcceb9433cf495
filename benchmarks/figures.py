"""What a measurement gives: named figures, most of them ratios to a baseline of the same run."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Literal

Size = Literal["quick", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. `goal` is what it should come to, in the same unit; None where nothing was promised."""

    group: str
    name: str
    value: float
    unit: str
    goal: str | None = None

    def as_record(self) -> Mapping[str, object]:
        """For the JSON file."""
        return {key: value for key, value in asdict(self).items() if value is not None}


Measure = Callable[[Size], Iterable[Figure]]


@dataclass(slots=True)
class Spent:
    """What a piece of work took: seconds on the wall, and of processors (its child processes included)."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def spending() -> Iterator[Spent]:
    """Measure the body; the result is complete after it."""
    spent = Spent()
    wall, cpu = time.perf_counter(), _cpu()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - wall, _cpu() - cpu


def _cpu() -> float:
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def middle(action: Callable[[], Spent], repetitions: int) -> Spent:
    """The middle of some repetitions, of the wall time and of the processor time each."""
    all_spent = [action() for _ in range(repetitions)]
    return Spent(statistics.median(s.wall for s in all_spent), statistics.median(s.cpu for s in all_spent))


def busy_note() -> str:
    """How busy the machine is, for whoever reads wall times."""
    load, *_ = os.getloadavg()
    return f"load {load:.1f} on {os.cpu_count()} processors"
