"""What an item costs while all slots are at work: times from the journal, processors from samples of the process tree.

The difference of two whole runs would hold the noise of their starts, which in a large repository is greater than all
items together.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.launching import Launched, launch
from benchmarks.ways import workflow_of

SAMPLE_SECONDS = 0.1
WAITS = 6_000
"""How often an item of the first ones looks whether all have begun, 20 times a second."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """A run of the program, measured from when each slot had its first item until the last item ended."""

    run: Launched
    results: dict[str, Any]
    slots_seconds: float
    """From the start of the map to that time: the worktrees are made."""
    item_seconds: float
    """On the wall, of an item after the first ones; it does not hold the landing."""
    item_cpu: float
    """Seconds of processors, likewise."""


def run_at_work(repository: Path, command: str, items: int, wide: int, isolation: str = "worktree") -> AtWork:
    """A run over more than `wide` numbers; the first item of each slot waits until all slots have one.

    Raises `RuntimeError` when an item fails.
    """
    results = repository / "prodigy-results"
    shutil.rmtree(results, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="prodigy-begun-") as begun:
        together = (
            f'if [ "$N" -lt {wide} ]; then : > "{begun}/$N"; left={WAITS}; '
            f'until [ "$(ls "{begun}" | wc -l)" -ge {wide} ]; do '
            'left=$((left - 1)); [ "$left" -gt 0 ] || exit 1; sleep 0.05; done; fi; '
        )
        workflow = workflow_of(repository, together + command, items, map_keys=f"  isolation: {isolation}\n")
        program = [sys.executable, "-m", "prodigy_action", "run", str(workflow), "--max-parallel", str(wide)]
        with _Samples() as samples:
            run = launch([*program, "--log-level", "error", "--progress", "none"], repository, started=samples.take)
    map_began, first, last = _times(results / "events.jsonl", wide)
    later = items - wide
    cpu = (samples.at(last) - samples.at(first)) / later
    read = json.loads((results / "results.json").read_text())
    return AtWork(run, read, first - map_began, (last - first) / later, cpu)


def _times(journal: Path, wide: int) -> tuple[float, float, float]:
    """When the map began, when the first item after those of the empty slots began, and when the last one ended."""
    map_began = first = last = 0.0
    with journal.open("rb") as lines:
        for line in lines:
            event = json.loads(line)
            timestamp = datetime.fromisoformat(event["at"]).timestamp()
            if event["event"] == "phase_started" and event["phase"] == "map":
                map_began = timestamp
            elif event["event"] == "agent_started" and event["item_id"] >= wide:
                first = first or timestamp
            elif event["event"] == "agent_finished":
                last = max(last, timestamp)
    return map_began, first, last


class _Samples:
    """The processor time of a process and of all below it, taken in a thread."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> _Samples:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def take(self, process_id: int) -> None:
        """Take samples of this process until the end of the context."""
        self._thread = threading.Thread(target=self._take, args=(process_id,))
        self._thread.start()

    def at(self, timestamp: float) -> float:
        """Seconds of processors until this timestamp, in between two samples where it lies between them."""
        place = bisect_right(self._taken, (timestamp, float("inf")))
        if not 0 < place < len(self._taken):
            raise RuntimeError("no sample of the process was taken at that time")
        (early, less), (late, more) = self._taken[place - 1 : place + 1]
        return less + (more - less) * (timestamp - early) / (late - early)

    def _take(self, process_id: int) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self._taken.append((time.time(), _tree_cpu(process_id)))


def _tree_cpu(process_id: int) -> float:
    """Seconds of a process, of its ended children, and the same of each that lives below it."""
    try:
        place = Path(f"/proc/{process_id}")
        fields = (place / "stat").read_bytes().rpartition(b")")[2].split()
        below = [child for task in (place / "task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return 0.0
    own = sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return own + sum(_tree_cpu(int(child)) for child in below)
