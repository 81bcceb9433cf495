"""Commands for many items that change nothing: through this program, `xargs -P`, GNU parallel and Snakemake."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.repositories import clean_environ


@dataclass(frozen=True, slots=True)
class Launched:
    """What a process and all that it started took: seconds on the wall and of processors; bytes of the largest one."""

    wall: float
    cpu: float
    peak_bytes: int


def launch(
    command: Sequence[str], directory: Path, *, stdin: bytes = b"", started: Callable[[int], object] = int
) -> Launched:
    """Run a command to its end; `started` is called with the number of its process.

    Raises `RuntimeError`, with what it printed, unless it ends with 0.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
        given.write(stdin)
        given.seek(0)
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=directory, stdin=given, stdout=printed, stderr=printed, env=clean_environ()
        )
        started(process.pid)
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:  # the measurement was interrupted: the program ends what it has started
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            printed.seek(0)
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {printed.read()[-2000:].decode()}")
    return Launched(wall, _seconds(used), used.ru_maxrss * 1024)


def _seconds(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def run_program(
    repository: Path,
    items: int,
    wide: int,
    *,
    command: str = "true",
    isolation: str = "worktree",
    started: Callable[[int], object] = int,
) -> Launched:
    """A run of this program over `items` records in a checkout; `started` as in `launch`."""
    place = repository.parent
    (place / "items.json").write_text(json.dumps([{"i": number} for number in range(items)]))
    (place / "workflow.yml").write_text(
        f"name: bench\nmode: mapreduce\nmap:\n  input: cat {json.dumps(str(place / 'items.json'))}\n"
        f"  json_path: $[*]\n  max_parallel: {wide}\n  isolation: {isolation}\n"
        f"  agent_template:\n    - shell: {json.dumps(command)}\n"
    )
    shutil.rmtree(repository / "prodigy-results", ignore_errors=True)
    program = [sys.executable, "-m", "prodigy_action", "run", str(place / "workflow.yml")]
    return launch([*program, "--log-level", "error", "--progress", "none"], repository, started=started)


def run_xargs(repository: Path, items: int, wide: int, *, command: str = "true") -> Launched:
    """The same commands through `xargs -P`, without isolation and without any record of them."""
    return launch(["xargs", f"-P{wide}", "-n1", "sh", "-c", command, "sh"], repository, stdin=_numbers(items))


def run_parallel(repository: Path, items: int, wide: int) -> Launched:
    """The same through GNU parallel."""
    return launch(["parallel", "--will-cite", f"-j{wide}", "true {}"], repository, stdin=_numbers(items))


def run_snakemake(repository: Path, items: int, wide: int) -> Launched:
    """The same through Snakemake: a rule whose output is a file that it touches itself."""
    directory = repository.parent / "snakemake"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    (directory / "Snakefile").write_text(
        f'rule all:\n    input: expand("done/{{n}}", n=range({items}))\n'
        'rule item:\n    output: touch("done/{n}")\n    shell: "true"\n'
    )
    return launch(["snakemake", "--cores", str(wide), "--quiet", "all"], directory)


OTHERS: Mapping[str, tuple[str, Callable[[Path, int, int], Launched], int]] = {
    "GNU parallel": ("parallel", run_parallel, 1_000),
    "Snakemake": ("snakemake", run_snakemake, 1_000),
}
"""Name → program, how to run it, and the most items for which it is measured."""


def _numbers(items: int) -> bytes:
    return "".join(f"{number}\n" for number in range(items)).encode()
