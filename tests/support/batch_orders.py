"""Programs run by real shells in every order that their batches allow.

Each step runs in a process of its own, in a directory of the order's own. What is compared: every file's content and
permissions, every step's exit status and output, and what was captured.
"""

from __future__ import annotations

import itertools
import random
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prodigy_action.pure.dependency_analysis.command import Command
from tests.support.shell_parsing import analyze_dependencies

ORDERS = 50
SHELL = shutil.which("dash") or "/bin/sh"
PREVIOUS = "${shell.output}"


@dataclass
class Worktree:
    """A directory in which steps run, and what they have said so far."""

    path: Path
    outputs: dict[int, str] = field(default_factory=dict)
    status: dict[int, int] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, index: int, command: Command) -> None:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PREVIOUS": self.outputs.get(index - 1, "not yet")}
        done = subprocess.run(
            [SHELL, "-c", (command.cmd or "").replace(PREVIOUS, "$PREVIOUS")],
            cwd=self.path,
            env={**environment, **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=5,
            check=False,
        )
        self.outputs[index] = done.stdout.decode("utf-8", "replace")
        self.status[index] = done.returncode
        for name in command.captures:
            self.variables[name] = self.outputs[index].strip()

    def state(self) -> dict[str, object]:
        files = {
            str(path.relative_to(self.path)): (stat.S_IMODE(path.lstat().st_mode), path.read_bytes())
            if path.is_file()
            else stat.S_IMODE(path.lstat().st_mode)
            for path in sorted(self.path.rglob("*"))
        }
        return {"files": files, "outputs": self.outputs, "status": self.status, "variables": self.variables}


def commands_of(program: Sequence[str | Command]) -> list[Command]:
    return [step if isinstance(step, Command) else Command.shell(step) for step in program]


def prepare(directory: Path, name: str, setup: str) -> Worktree:
    worktree = Worktree(directory / name)
    worktree.path.mkdir()
    if setup:
        subprocess.run([SHELL, "-ec", setup], cwd=worktree.path, check=True, timeout=5, stdin=subprocess.DEVNULL)
    return worktree


def orders_of(batches: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Up to `ORDERS` different orders that respect the batches; all of them when there are not more."""
    seen: set[tuple[int, ...]] = set()
    reverse = [index for batch in batches for index in reversed(batch)]
    count = 1
    for batch in batches:
        count *= len(list(itertools.islice(itertools.permutations(batch), ORDERS)))
    chosen = random.Random(0)  # noqa: S311 - orders to try, the same in every run
    shuffled = ([index for batch in batches for index in chosen.sample(batch, len(batch))] for _ in range(ORDERS * 4))
    for order in itertools.chain([reverse], shuffled):
        if len(seen) >= min(ORDERS, count):
            return
        if tuple(order) not in seen:
            seen.add(tuple(order))
            yield order


def outcome(directory: Path, name: str, setup: str, commands: Sequence[Command], order: Sequence[int]) -> object:
    worktree = prepare(directory, name, setup)
    for index in order:
        worktree.run(index, commands[index])
    return worktree.state()


def divergent_order(directory: Path, setup: str, program: Sequence[str | Command]) -> list[int] | None:
    """The first order within the batches that ends differently from the workflow's own order, if there is one."""
    commands = commands_of(program)
    batches = analyze_dependencies(commands).parallel_batches()
    sequence = list(range(len(commands)))
    expected = outcome(directory, "in-order", setup, commands, sequence)
    for number, order in enumerate(orders_of(batches)):
        if order != sequence and outcome(directory, f"order-{number}", setup, commands, order) != expected:
            return order
    return None


def outcome_in_parallel(directory: Path, setup: str, program: Sequence[str | Command]) -> object:
    commands = commands_of(program)
    worktree = prepare(directory, "parallel", setup)
    for batch in analyze_dependencies(commands).parallel_batches():
        threads = [threading.Thread(target=worktree.run, args=(index, commands[index])) for index in batch]
        for thread in reversed(threads):
            thread.start()
        for thread in threads:
            thread.join()
    return worktree.state()
