"""Starts the program as a user does, and ends it at a given record of its journal."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.blackbox import TIMEOUT
from tests.support.git import clean_environ
from tests.support.starting import Running, begin

Records = Sequence[dict[str, Any]]


def records_of(results: Path) -> list[dict[str, Any]]:
    """The whole records of a journal that may be growing."""
    try:
        lines = (results / "events.jsonl").read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith(b"}")]


def count(records: Records, event: str) -> int:
    """How many records are of that kind."""
    return sum(record["event"] == event for record in records)


def finished(number: int) -> Callable[[Records], bool]:
    """Whether so many executions of items have ended."""
    return lambda records: count(records, "agent_finished") >= number


def seen(event: str, **fields: object) -> Callable[[Records], bool]:
    """Whether such a record is there."""
    wanted = {"event": event, **fields}
    return lambda records: any(wanted.items() <= record.items() for record in records)


@contextmanager
def started(repository: Path, *arguments: str, **environ: str) -> Iterator[Running]:
    """The program, running, without its outputs; killed at the end when it still is."""
    process = begin(arguments, repository, clean_environ(**environ))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


class Gate:
    """A file with a number, and the shell text that waits until something is less than that.

    So the program comes exactly as far as a test wants it killed, however slow the machine is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.open()

    def open(self, below: int = 1_000) -> None:
        """Let through what is below that number, from now on."""
        new = self._file.with_name(f"{self._file.name}.new")
        new.write_text(f"{below}\n")
        new.replace(self._file)

    def text(self, number: str) -> str:
        """One command of `sh`: it ends, with success, when the gate is open for `number`, or after a few minutes."""
        condition = f'test {number} -lt "$(cat {self._file})"'
        return f"for _ in $(seq 9999); do {condition} && break; sleep 0.02; done"


def wait_until(results: Path, reached: Callable[[Records], bool], process: Running) -> None:
    """Wait for a record of the journal; fails when the program ends first."""
    deadline = time.monotonic() + TIMEOUT
    while not reached(records_of(results)):
        code = process.poll()
        assert code is None, f"the program ended with {code} before that"
        assert time.monotonic() < deadline, "that did not happen"
        time.sleep(0.005)


def kill_at(
    repository: Path,
    reached: Callable[[Records], bool],
    *arguments: str,
    results: Path | None = None,
    **environ: str,
) -> None:
    """Run the program and kill it (-9) as soon as the journal says so; return when all that it started has ended."""
    with started(repository, *arguments, **environ) as process:
        wait_until(results or repository / "prodigy-results", reached, process)
        process.send_signal(signal.SIGSTOP)
        left = descendants(process.pid)
        process.kill()
    # A command that was about to start does not die with the program: the watchdog ends it, shortly after.
    deadline = time.monotonic() + TIMEOUT
    while any(_started_at(pid) == begun for pid, begun in left.items()):
        assert time.monotonic() < deadline, f"these did not end: {left}"
        time.sleep(0.005)


def descendants(pid: int) -> dict[int, str]:
    """The processes below one, each with the time at which it started."""
    parents = {int(path.name): _stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdecimal()}
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        parent = str(waiting.pop())
        below = {child: facts[19] for child, facts in parents.items() if facts and facts[1] == parent}
        found |= below
        waiting += below
    return found


def _started_at(pid: int) -> str | None:
    """None when it has ended, even when nobody has waited for it yet."""
    facts = _stat(pid)
    return None if not facts or facts[0] == "Z" else facts[19]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on (see proc_pid_stat(5)); empty without such a process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def end_at(
    repository: Path, reached: Callable[[Records], bool], number: signal.Signals, *arguments: str
) -> tuple[int, float]:
    """Run the program and send it a signal as soon as the journal says so: its exit code, and the seconds it took."""
    with started(repository, *arguments) as process:
        wait_until(repository / "prodigy-results", reached, process)
        begun = time.monotonic()
        os.kill(process.pid, number)
        code = process.wait(TIMEOUT)
        return code, time.monotonic() - begun
