"""The fixed cost: a run of one item, from the start of the process to its end."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Size
from benchmarks.launching import Launched, launch, run_program
from benchmarks.repositories import TWO_THOUSAND, clean_environ, make_repository
from benchmarks.tables import Goal, Layout, Row

FIXED = Layout(
    "A run of one item",
    ("way", "whole, s", "CPU, s", "programs started", "modules imported"),
    f"In a repository of {TWO_THOUSAND.files:,} files. Programs are counted with `strace` where it is installed.",
)
REPETITIONS: dict[Size, int] = {"quick": 3, "full": 9}


def measure(size: Size) -> Iterator[Row | Goal]:
    """The interpreter alone, what `--version` needs, and whole runs in both isolations."""
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        repository = make_repository(Path(name) / "r", TWO_THOUSAND)
        program = [sys.executable, "-m", "prodigy_action"]
        for way, command in (("Python alone", [sys.executable, "-c", "pass"]), ("--version", [*program, "--version"])):
            runs = [launch(command, repository) for _ in range(REPETITIONS[size])]
            yield Row(FIXED, (way, *_middle(runs), None, _modules(command, repository)))
        for isolation in ("worktree", "none"):
            runs = [run_program(repository, 1, 1, isolation=isolation) for _ in range(REPETITIONS[size])]
            wall, cpu = _middle(runs)
            # The last run left its workflow there.
            run = [*program, "run", str(repository.parent / "workflow.yml"), "--log-level", "error"]
            counts = (_programs(run, repository), _modules(run, repository))
            yield Row(FIXED, (f"isolation: {isolation}", wall, cpu, *counts))
            if isolation == "worktree":
                yield Goal("a run of one item", "<=", 0.7, wall, "s")


def _middle(runs: list[Launched]) -> tuple[float, float]:
    return statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs)


def _programs(command: list[str], repository: Path) -> int | None:
    if shutil.which("strace") is None:
        return None
    trace = repository.parent / "trace"
    launch(["strace", "-f", "-qq", "-e", "trace=execve", "-o", str(trace), "--", *command], repository)
    return len(re.findall(r"execve(?:\(| resumed).*= 0$", trace.read_text(errors="replace"), re.MULTILINE))


def _modules(command: list[str], repository: Path) -> int:
    traced = [command[0], "-X", "importtime", *command[1:]]
    done = subprocess.run(traced, cwd=repository, env=clean_environ(), capture_output=True, check=True)
    return done.stderr.count(b"import time:") - 1  # the first line is the head
