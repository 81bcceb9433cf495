"""The fixed cost: a run of one item, from the start of the process to its end."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.figures import Size
from benchmarks.launching import Launched, launch, run_program
from benchmarks.repositories import TWO_THOUSAND, clean_environ, make_repository
from benchmarks.tables import Goal, Layout, Row

FIXED = Layout(
    "A run of one item",
    ("way", "whole, s", "CPU, s", "programs started", "modules imported", "largest process, MB"),
    f"In a repository of {TWO_THOUSAND.files:,} files. Programs are counted with `strace` where it is installed.",
)
REPETITIONS: dict[Size, int] = {"quick": 2, "full": 9}
"""Of which the middle counts."""


def measure(size: Size) -> Iterator[Row | Goal]:
    """The interpreter alone, what `--version` needs, and whole runs in both isolations."""
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        repository = make_repository(Path(name) / "r", TWO_THOUSAND)
        program = [sys.executable, "-m", "prodigy_action"]
        for way, command in (("Python alone", [sys.executable, "-c", "pass"]), ("--version", [*program, "--version"])):
            runs = [launch(command, repository) for _ in range(REPETITIONS[size])]
            yield _row(way, runs, (None, _counted(command, repository)[1]))
        for isolation in ("worktree", "none"):
            runs = [run_program(repository, 1, 1, isolation=isolation) for _ in range(REPETITIONS[size])]
            # The last run left its workflow there.
            run = [*program, "run", str(repository.parent / "workflow.yml"), "--log-level", "error"]
            yield _row(f"isolation: {isolation}", runs, _counted(run, repository))
            if isolation == "worktree":
                where = f"1 item, {TWO_THOUSAND.files:,} files, middle of {len(runs)}"
                yield Goal("a run of one item", where, "<=", 0.7, _middle(run.wall for run in runs), "s")


def _row(way: str, runs: list[Launched], counted: tuple[int | None, int]) -> Row:
    wall, cpu = (_middle(each) for each in ((run.wall for run in runs), (run.cpu for run in runs)))
    return Row(FIXED, (way, wall, cpu, *counted, _middle(run.peak_bytes for run in runs) / 1e6))


def _middle(values: Iterable[float]) -> float:
    return statistics.median(values)


def _counted(command: list[str], repository: Path) -> tuple[int | None, int]:
    """Programs that the command starts, when `strace` is there to count them, and modules that it imports."""
    trace = repository.parent / "trace"
    tracing = ["strace", "-f", "-qq", "-e", "trace=execve", "-o", str(trace), "--"] if shutil.which("strace") else []
    timed = [*tracing, command[0], "-X", "importtime", *command[1:]]
    done = subprocess.run(timed, cwd=repository, env=clean_environ(), capture_output=True, check=True)
    modules = done.stderr.count(b"import time:") - 1  # the first line is the head
    if not tracing:
        return None, modules
    started = re.findall(r"execve(?:\(| resumed).*= 0$", trace.read_text(errors="replace"), re.MULTILINE)
    return len(started), modules
