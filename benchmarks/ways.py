"""The ways to run a command for each item: ours, the obvious design, and none at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Spent, spending
from benchmarks.repositories import clean_environ, git

COMMIT_ONE_FILE = 'echo "$N" > "item-$N.txt" && git add "item-$N.txt" && git commit -q -m "item $N"'


@dataclass(frozen=True, slots=True)
class Ours:
    """A run of the program."""

    spent: Spent
    exit_code: int
    results: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def phases_seconds(self) -> float:
        """Seconds of the agents and of landing what they made, without start-up, planning and publishing."""
        return sum(float(self.results["phases"][name]["seconds"]) for name in ("map", "land"))


def workflow_of(repository: Path, command: str, items: int, *, map_keys: str = "") -> Path:
    """The file of a workflow over `items` numbers, beside the repository; `command` finds its number in `$N`."""
    workflow = repository.parent / "workflow.yml"
    (repository.parent / "items.json").write_text(json.dumps(list(range(items))))
    step = {"shell": command, "env": {"N": "${item}"}}
    workflow.write_text(
        f"name: bench\nmode: mapreduce\nmap:\n  input: cat {json.dumps(str(repository.parent / 'items.json'))}\n"
        f"  json_path: $[*]\n{map_keys}  agent_template:\n    - {json.dumps(step)}\nreduce:\n  - shell: 'true'\n"
    )
    return workflow


def run_ours(repository: Path, command: str, items: int, parallel: int, *options: str, map_keys: str = "") -> Ours:
    """A run over `items` numbers; `command` finds its number in `$N`."""
    workflow = workflow_of(repository, command, items, map_keys=map_keys)
    arguments = ["run", str(workflow), "--max-parallel", str(parallel), "--log-level", "error", *options]
    with spending() as spent:
        done = subprocess.run(
            [sys.executable, "-m", "prodigy_action", *arguments],
            cwd=repository,
            env=clean_environ(),
            capture_output=True,
            check=False,
        )
    results = repository / "prodigy-results/results.json"
    if not results.exists():
        raise RuntimeError(f"the run left no results: {done.stderr.decode()[-2000:]}{done.stdout.decode()[-2000:]}")
    events = [json.loads(line) for line in (repository / "prodigy-results/events.jsonl").read_text().splitlines()]
    return Ours(spent, done.returncode, json.loads(results.read_text()), events)


@dataclass(slots=True)
class Obvious:
    """What the obvious design came to."""

    spent: Spent
    failed: int


def run_obvious(repository: Path, command: str, items: int, parallel: int) -> Obvious:
    """For each item: `worktree add -b`, the command, `merge --no-ff` under a lock, `worktree remove`, `branch -D`."""
    merging = threading.Lock()
    failures: list[int] = []
    place = repository.parent / "obvious"
    place.mkdir(exist_ok=True)

    def carry_out(number: int) -> None:
        worktree, branch = place / str(number), f"item-{number}"
        try:
            git(repository, "worktree", "add", "-q", "-b", branch, str(worktree))
            subprocess.run(
                ["sh", "-c", command], cwd=worktree, env=clean_environ({"N": str(number)}), check=True,
                capture_output=True,
            )  # fmt: skip
            with merging:
                git(repository, "merge", "-q", "--no-ff", "-m", f"Merge item {number}", branch)
            git(repository, "worktree", "remove", "--force", str(worktree))
            git(repository, "branch", "-q", "-D", branch)
        except subprocess.CalledProcessError:
            failures.append(number)

    with spending() as spent, ThreadPoolExecutor(parallel) as threads:
        list(threads.map(carry_out, range(items)))
    shutil.rmtree(place)
    return Obvious(spent, len(failures))


def run_bare(repository: Path, command: str, items: int, parallel: int, *, with_parallel: bool = False) -> Spent:
    """The same commands through `xargs -P` (or GNU parallel), each process slot in a worktree that exists already.

    Nothing is isolated, merged, recorded or cleaned: the floor.
    """
    slots = repository.parent / "bare"
    for slot in range(parallel + 1):
        if not (slots / str(slot)).exists():
            git(repository, "worktree", "add", "-q", "--detach", str(slots / str(slot)))
    numbers = "".join(f"{number}\n" for number in range(items)).encode()
    if with_parallel:
        launcher = ["parallel", "--will-cite", f"-j{parallel}", f"cd {slots}/{{%}} && N={{}} && {command}"]
    else:
        script = f'cd "{slots}/$SLOT" && N=$1 && {command}'
        launcher = ["xargs", f"-P{parallel}", "-n1", "--process-slot-var=SLOT", "sh", "-c", script, "sh"]
    with spending() as spent:
        subprocess.run(launcher, input=numbers, env=clean_environ(), capture_output=True, check=True)
    return spent
