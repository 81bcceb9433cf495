"""Memory and time for runs of many items: their journal folded, shown, reported, against `json.loads` of its lines."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.figures import Figure, Size
from benchmarks.tables import Goal
from prodigy_action.adapters.results.journal import write_journal
from prodigy_action.app.report_run import write_reports
from prodigy_action.app.resume import read_history
from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    PhaseFinished,
    PhaseStarted,
    Planned,
    PlannedItem,
    RunFinished,
    RunStarted,
    StartKept,
    StepRecord,
)
from prodigy_action.pure.journal.aggregation import check_accounting, results_of
from prodigy_action.pure.journal.reducer import RunHistory
from prodigy_action.pure.text.masking import Masker
from prodigy_action.report.console import render_console

RUN = "20260102-030405-abcdef"
AT = "2026-01-02T03:04:05.000Z"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def events_of(items: int) -> Iterator[Event]:
    """The records of a run whose items change nothing."""
    planned = [PlannedItem(id=n, key=f"{n:024x}", item={"i": n}, worktree_name=f"agent-{n}") for n in range(items)]
    yield RunStarted(
        at=AT, run_id=RUN, workflow_name="w", workflow_path="w.yml", workflow_sha256="0" * 64, base_sha=COMMIT,
        branch="main", max_parallel=4,
    )  # fmt: skip
    yield PhaseFinished(at=AT, phase="setup", state="succeeded", seconds=0)
    yield StartKept(at=AT, start_sha=COMMIT)
    yield Planned(at=AT, items=planned, selected_out=0, max_parallel=4, start_sha=COMMIT)
    yield PhaseStarted(at=AT, phase="map")
    step = StepRecord(index=0, name="true", kind="shell", command="true", exit_code=0, seconds=0.003)
    for n in range(items):
        log = f"logs/item-{n:04d}.log"
        yield AgentStarted(at=AT, item_id=n)
        yield AgentFinished(
            at=AT, item_id=n, state="unchanged", seconds=0.004, slot=n % 4, head=COMMIT, steps=[step], log=log
        )
    yield PhaseFinished(at=AT, phase="map", state="succeeded", seconds=items * 0.001)
    yield RunFinished(at=AT, result="success", exit_code=0)


def _parse(journal: Path) -> None:
    with journal.open("rb") as file:
        for line in file:
            json.loads(line)


def _show(history: RunHistory) -> None:
    result = results_of(history)
    check_accounting(result)
    render_console(result, results_dir="results")


def _resident() -> int:
    """The bytes that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def probe(directory: Path) -> Iterator[tuple[str, float]]:
    """Name and value of each measurement of the journal in a directory: CPU seconds, and bytes."""

    def seconds(action: Callable[[], object]) -> float:
        began = time.process_time()
        action()
        return time.process_time() - began

    journal = directory / "events.jsonl"
    yield "loads", seconds(lambda: _parse(journal))
    before = _resident()
    began = time.process_time()
    history = read_history(journal)
    yield "fold", time.process_time() - began
    yield "held", _resident() - before
    yield "show", seconds(lambda: _show(history))
    reports = directory / "reports"
    reports.mkdir()
    yield "reports", seconds(lambda: write_reports(reports, results_of(history), Masker([]), results_dir="results"))
    yield "peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure_items(items: int) -> dict[str, float]:
    """What `probe` finds in a process of its own, for a run of so many items."""
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        write_journal(directory / "events.jsonl", events_of(items), RUN)
        argv = [sys.executable, "-m", "benchmarks.memory", made]
        done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(size: Size) -> Iterator[Figure | Goal]:
    """Times as ratios to `json.loads` of the journal's lines in the same process, and the memory of an item."""
    counts: Iterable[int] = (10_000, 100_000) if size == "full" else (10_000,)
    for items in counts:
        found = measure_items(items)
        group = f"a run of {items:,} items, read from its journal"
        loads = found["loads"]
        shown, largest = (found["fold"] + found["show"]) / loads, found["peak"] / 1e6
        rows = (
            ("json.loads of its lines", loads, "s"),
            ("fold the journal, against json.loads", found["fold"] / loads, "×"),
            ("fold and show, against json.loads", shown, "×"),
            ("write all reports, against json.loads", found["reports"] / loads, "×"),
            ("memory of an item in the history", found["held"] / items / 1000, "kB"),
            ("largest resident size, with all reports", largest, "MB"),
        )
        for name, value, unit in rows:
            yield Figure(group=group, name=name, value=value, unit=unit)
        where = f"a generated journal of {items:,} items"
        yield Goal("fold and show, against json.loads", where, "<=", 5, shown, "×")
        yield Goal("memory with all reports", where, "<=", 500, largest, "MB")


if __name__ == "__main__":
    print(json.dumps(dict(probe(Path(sys.argv[1])))))
