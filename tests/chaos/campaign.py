"""Runs that are killed (-9) at random times and resumed until they are finished, and what must hold then."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.blackbox import TIMEOUT
from tests.support.git import clean_environ, git, make_repository
from tests.support.killing import records_of
from tests.support.starting import Running, begin

WORKFLOW = """
name: chaos
setup:
  - shell: echo setup >> COUNTS/setup; echo made > untracked.txt; echo more >> file-0; git commit -qam prepared
  - shell: echo hello
    capture_output: greeting
map:
  input: items.json
  max_parallel: 4
  agent_template:
    - shell: echo "${item.n}" >> COUNTS/items; sleep MARKER
    - shell: echo "$(cat untracked.txt) ${greeting} ${item.n}" >> "${item.file}"
    - shell: git commit -qam "edit ${item.n}"
max_failures: 1
reduce:
  - shell: cat file-* > all; git add all; git commit -qm all
"""
GROUPS = 0.5
"""The share of kills that hit the whole process group."""
IMPORTS = 0.3
"""The share of attempts that take the results over into another directory."""
MOST_ATTEMPTS = 60
"""After so many attempts a run counts as one that makes no headway."""
POINTS = ("any", "early", "map", "map", "publishing")
"""When an attempt is killed; each is as likely as it is named often."""
GONE_SECONDS = 10.0
"""In which everything that a killed run had started must be gone."""


class Broken(AssertionError):
    """A promise that did not hold."""


@dataclass
class Figures:
    """What a campaign came to."""

    runs: int = 0
    kills: int = 0
    kills_by_point: Counter[str] = field(default_factory=Counter)
    executions: int = 0
    executed_again: int = 0
    """Executions of items that a kill had cut short."""
    locks_removed: int = 0
    """Locks that a killed git had left; the next attempt would have refused to start."""
    checkouts_left: int = 0
    """Runs whose result is on its branch alone, because git was killed while it moved the checkout."""

    def summary(self) -> str:
        """The figures in one line."""
        times = ", ".join(f"{name} {times}" for name, times in sorted(self.kills_by_point.items()))
        return (
            f"{self.runs} runs, {self.kills} kills ({times}), {self.executions} executions of items, "
            f"{self.executed_again} of them again after a kill, {self.locks_removed} locks of a killed git removed, "
            f"{self.checkouts_left} checkouts left as a killed git left them; "
            "nothing lost, nothing run twice, all trees equal"
        )


class Chaos:
    """One repository that every run begins with, and the tree that an undisturbed run comes to."""

    def __init__(self, directory: Path, items: int, seed: int, points: Sequence[str] = POINTS) -> None:
        self.directory = directory
        self.items = items
        self.points = points
        self.random = random.Random(seed)  # noqa: S311 - times, not secrets
        self.figures = Figures()
        # The last two items change the same line: the second of them conflicts, whatever happens.
        names = [f"file-{n}" for n in range(items - 1)] + [f"file-{items - 2}"]
        files = dict.fromkeys(names, "start\n")
        entries = json.dumps([{"n": n, "file": name} for n, name in enumerate(names)])
        self.template = make_repository(directory / "template", {**files, "items.json": entries})
        begun = time.monotonic()
        undisturbed = Disturbed(self, "undisturbed")
        undisturbed.run_to_end()
        self.seconds = time.monotonic() - begun
        document = json.loads((undisturbed.repository / undisturbed.results / "results.json").read_text())
        self.map_seconds: float = document["phases"]["map"]["seconds"]
        self.tree = undisturbed.tree

    def run(self, number: int, kills: int) -> None:
        """One run with up to so many kills. Raises `Broken`."""
        disturbed = Disturbed(self, f"run-{number}")
        for _ in range(kills):
            if not disturbed.kill_once():
                break
        disturbed.run_to_end()
        disturbed.check(self.tree)
        self.figures.runs += 1
        shutil.rmtree(disturbed.directory)


class Disturbed:
    """One run: its repository, its attempts, and what they left."""

    def __init__(self, chaos: Chaos, name: str) -> None:
        self.chaos = chaos
        self.directory = chaos.directory / name
        self.repository = self.directory / "r"
        shutil.copytree(chaos.template, self.repository)
        self.counts = self.directory / "counts"
        self.counts.mkdir()
        # A length of sleep that no other process has among its arguments.
        self.marker = f"0.03{chaos.random.randrange(10**12):012}"
        self.workflow = self.directory / "workflow.yml"
        self.workflow.write_text(WORKFLOW.replace("COUNTS", str(self.counts)).replace("MARKER", self.marker))
        self.results = self.previous = "prodigy-results"
        self.attempts = 0
        self.git_died = False
        self.recorded: dict[str, int] = {}

    @property
    def tree(self) -> str:
        """The tree of the checkout."""
        return git(self.repository, "rev-parse", "HEAD^{tree}")

    def run_to_end(self) -> None:
        """Go on until the run is done."""
        process = self._start()
        code = process.wait(TIMEOUT)
        self._look()
        if code != 0:
            raise Broken(f"{self.directory}: the last attempt ended with {code}: {self._log()}")

    def kill_once(self) -> bool:
        """Start an attempt and kill it at a random time; False when it was done before that."""
        choose = self.chaos.random
        point = choose.choice(self.chaos.points)
        reached: Callable[[], bool] = {
            "any": lambda: True,
            "early": lambda: True,
            "publishing": lambda: self._has("head_kept"),
            "map": lambda: self._has("agent_started"),
        }[point]
        span = {"any": 0.8 * self.chaos.seconds, "early": 1.0, "publishing": 0.4, "map": self.chaos.map_seconds}[point]
        process = self._start()
        while process.poll() is None and not reached():
            time.sleep(0.002)
        deadline = time.monotonic() + choose.random() * span
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        done = process.poll() is not None
        # Every other time its own git dies with it, as all does when a container is killed.
        if choose.random() < GROUPS and not done:
            self.git_died = self.git_died or self._has("head_kept")
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        code = process.wait()
        self._look()
        if done and code != 0:
            raise Broken(f"{self.directory}: an attempt ended with {code}: {self._log()}")
        if not done:
            self.chaos.figures.kills += 1
            self.chaos.figures.kills_by_point[point] += 1
        return not done

    def check(self, tree: str) -> None:
        """Raise `Broken` unless everything is as if nobody had disturbed the run."""
        records = records_of(self.repository / self.results)
        states = Counter(record["event"] for record in records)
        executions = Counter(self._executions())
        self.chaos.figures.executions += executions.total()
        self.chaos.figures.executed_again += executions.total() - self.chaos.items
        missing = {str(n) for n in range(self.chaos.items)} - executions.keys()
        if missing:
            raise Broken(f"{self.directory}: items {sorted(missing)} were never executed")
        document = json.loads((self.repository / self.results / "results.json").read_text())
        published = git(self.repository, "rev-parse", f"{document['branch']}^{{tree}}")
        if published != tree:
            raise Broken(f"{self.directory}: the tree {published} is not {tree}: {self._log()}")
        if not document["checkout_updated"] and self.git_died:
            self.chaos.figures.checkouts_left += 1  # git was killed while it wrote the checkout, and left its lock
        elif self.tree != tree:
            raise Broken(f"{self.directory}: the checkout has {self.tree}, not {tree}: {self._log()}")
        elif left := git(self.repository, "status", "--porcelain"):
            raise Broken(f"{self.directory}: the checkout is not clean: {left}")
        counts = document["counts"]
        if (counts["succeeded"], counts["conflicted"]) != (self.chaos.items - 1, 1):
            raise Broken(f"{self.directory}: the items came to {counts}")
        if left_over := [path.name for path in self._temporary().iterdir()]:
            raise Broken(f"{self.directory}: {left_over} are left in the temporary directory")
        if (self.repository / self.results / "state").exists() or not states["run_finished"]:
            raise Broken(f"{self.directory}: the run is done and yet unfinished")

    def _remove_locks(self) -> None:
        """As the refusal of a run says, when no other git runs."""
        for lock in [*(self.repository / ".git").glob("*.lock"), *(self.repository / ".git/refs").rglob("*.lock")]:
            if not self.git_died:
                raise Broken(f"{self.directory}: {lock.name} is left although no git was killed")
            lock.unlink()
            self.chaos.figures.locks_removed += 1

    def _start(self) -> Running:
        self._remove_locks()
        self.attempts += 1
        if self.attempts > MOST_ATTEMPTS:
            raise Broken(f"{self.directory}: no end after {MOST_ATTEMPTS} attempts")
        options: list[str] = []
        if self.attempts > 1 and (self.repository / self.results).is_dir():
            options = ["--resume-from", self.results, "--redrive", "unfinished"]
            # Into another directory now and then, so that there is an import to kill.
            if records_of(self.repository / self.results) and self.chaos.random.random() < IMPORTS:
                self.previous, self.results = self.results, f"results-{self.attempts}"
        options += ["--results-dir", self.results]
        log = (self.directory / f"log-{self.attempts}").open("wb")
        with log:
            arguments = ("run", str(self.workflow), *options)
            environ = clean_environ(TMPDIR=str(self._temporary()))
            return begin(arguments, self.repository, environ, out=log, err=log, own_session=True)

    def _temporary(self) -> Path:
        path = self.directory / "tmp"
        path.mkdir(exist_ok=True)
        return path

    def _look(self) -> None:
        """After an attempt: nothing of it is alive, and nothing that was on record was executed again."""
        self._wait_until_gone()
        executions = Counter(self._executions())
        for item, times in self.recorded.items():
            if executions[item] != times:
                raise Broken(f"{self.directory}: item {item} was executed again after its end was on record")
        if not records_of(self.repository / self.results) and self.attempts > 1:
            # Killed while it took over the directory before: that one still has everything.
            self.results = self.previous
        for record in records_of(self.repository / self.results):
            if record["event"] == "agent_finished":
                self.recorded[str(record["item_id"])] = executions[str(record["item_id"])]

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + GONE_SECONDS
        while alive := self._alive():
            if time.monotonic() > deadline:
                raise Broken(f"{self.directory}: these are still alive: {alive}")
            time.sleep(0.01)

    def _alive(self) -> list[str]:
        found: list[str] = []
        wanted = (self.marker.encode(), str(self.directory).encode())
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = path.read_bytes()
                place = path.with_name(
                    "cwd"
                ).readlink()  # the program may have been forked, see `tests.support.starting`
            except OSError:  # gone meanwhile
                continue
            if any(text in command for text in wanted) or place.is_relative_to(self.directory):
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        return found

    def _has(self, event: str) -> bool:
        return any(record["event"] == event for record in records_of(self.repository / self.results))

    def _executions(self) -> list[str]:
        path = self.counts / "items"
        return path.read_text().split() if path.exists() else []

    def _log(self) -> str:
        return (self.directory / f"log-{self.attempts}").read_text(errors="replace")[-3000:]


def run_campaign(
    directory: Path, *, runs: int, items: int, seed: int, kills: int = 0, points: Sequence[str] = POINTS
) -> Figures:
    """So many runs, or as many as so many kills take. Raises `Broken` for the first promise that does not hold."""
    chaos = Chaos(directory, items, seed, points)
    number = 0
    while number < runs or chaos.figures.kills < kills:
        chaos.run(number, chaos.random.randint(1, 5))
        number += 1
    return chaos.figures
