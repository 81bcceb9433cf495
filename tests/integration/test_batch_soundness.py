"""Batches against reality: whatever order the steps of a batch run in, the worktree ends as if one ran after another.

The programs run in real shells, each step in a process of its own, in a directory of its own. What is compared: every
file's content and permissions, every link, every step's exit status and output.
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

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodigy_action.model.plan import Command
from prodigy_action.pure import command_arguments, dependency_rules, known_commands, shell_footprint
from prodigy_action.pure.dependency_analysis import analyze_dependencies
from prodigy_action.pure.footprint import Access
from prodigy_action.pure.shell_footprint import read_footprint
from prodigy_action.pure.worktree_paths import fold_path, overlap

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
    chosen = random.Random(0)
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
        for thread in random.Random(1).sample(threads, len(threads)):
            thread.start()
        for thread in threads:
            thread.join()
    return worktree.state()


SETUP = "mkdir d d/e; echo 1 > a; echo 2 > b; echo 3 > d/a; printf 'x\\ny\\nx\\n' > d/e/b; touch empty"
PATHS = ("a", "b", "c", "d", "d/a", "d/e", "d/e/b", "d/c", "g/h", "./a", "d//a", "d/e/", "d/../b", "'a'", '"d/"a', "A")
TEMPLATES = (
    "echo {w} > {p}",
    "echo {w} >> {p}",
    "cat {p} > {q}",
    "cat {p} {q}",
    "cat < {p} >> {q}",
    "mkdir {p}",
    "mkdir -p {p}",
    "touch {p}",
    "cp {p} {q}",
    "cp -r {p} {q}",
    "cp -t {p} {q}",
    "mv {p} {q}",
    "mv -f -- {p} {q}",
    "rm -f {p}",
    "rm -rf {p}",
    "rmdir {p}",
    "sort -r -o {p} {q}",
    "sort {p} | uniq -c",
    "uniq {p} {q}",
    "tee {q} {r} < {p}",
    "tail -1 {p} > {q}",
    "wc -c < {p}",
    "grep -c x {p} > {q}",
    "grep -f {p} {q}",
    "grep -r {w} {p}",
    "ls {p}",
    "ls",
    "echo *",
    "echo d/*",
    "cat d/*",
    "rm -f d/*",
    "test -f {p} && echo {w} > {q}",
    "[ -d {p} ] || touch {q}",
    "if [ ! -e {p} ]; then mkdir -p {p}; fi",
    "for f in {p} {q}; do echo {w} > {r}; done",
    'while read -r line; do echo "$line"; done < {p}',
    "case {w} in x) rm -f {p};; *) touch {q};; esac",
    "(cat {p}; cat {q}) > {r}",
    "{{ echo {w}; cat {p}; }} 2> {q}",
    'echo "$(cat {p})" > {q}',
    "cat <<EOF > {p}\n{w} $(cat {q})\nEOF",
    "cat <<'EOF' >> {p}\n{w} $(cat {q})\nEOF",
    'echo "$V" > {p}',
    'V=$(cat {p}); echo "$V" >> {q}',
    'cat "$V" > {p}',
    "jq -n '\"{w}\"' > {p}",
    "jq -R . {p}",
    "chmod 600 {p}",
    "cut -c1 {p} > {q}",
    'echo "${{shell.output}}" > {p}',
    "sed -i s/1/{w}/ {p}",
    "ln {p} {q}",
)
STEPS = st.builds(
    lambda template, w, p, q, r, captures: Command(template.format(w=w, p=p, q=q, r=r), captures=captures),
    st.sampled_from(TEMPLATES),
    st.sampled_from(("x", "y", "1")),
    st.sampled_from(PATHS),
    st.sampled_from(PATHS),
    st.sampled_from(PATHS),
    st.sampled_from(((), (), (), ("V",), ("W",))),
)
PROGRAMS = st.lists(STEPS, min_size=2, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(program=PROGRAMS)
def test_every_order_within_the_batches_ends_like_the_sequence(
    tmp_path_factory: pytest.TempPathFactory, program: list[Command]
) -> None:
    assert divergent_order(tmp_path_factory.mktemp("orders"), SETUP, program) is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(program=PROGRAMS)
def test_batches_run_truly_in_parallel_end_like_the_sequence(
    tmp_path_factory: pytest.TempPathFactory, program: list[Command]
) -> None:
    directory = tmp_path_factory.mktemp("parallel")
    expected = outcome(directory, "in-order", SETUP, program, range(len(program)))
    assert outcome_in_parallel(directory, SETUP, program) == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(step=STEPS)
def test_a_step_changes_nothing_but_the_paths_of_its_footprint(
    tmp_path_factory: pytest.TempPathFactory, step: Command
) -> None:
    footprint = read_footprint(step.cmd or "")
    worktree = prepare(tmp_path_factory.mktemp("writes"), "w", SETUP)
    before = worktree.state()["files"]
    worktree.run(0, step)
    after = worktree.state()["files"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    if footprint.barrier is None:
        assert all(any(overlap(fold_path(path), written) for written in footprint.path_writes) for path in changed)
