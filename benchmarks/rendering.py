"""Values into commands: what rendering one costs, and what the program imports for it, against an empty interpreter."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL

from benchmarks.figures import Figure, Size, Spent, middle, spending
from benchmarks.repositories import clean_environ, git
from prodigy_action.adapters.shell_parser.parser import ShfmtParser
from prodigy_action.pure.shell.safety.render import render_shell, render_values_file, text_to_parse

COMMANDS = {
    "no value": "make -C build all && echo done",
    "one quoted value": 'echo "${item.path}" >> out',
    "a script of 20 lines": "\n".join(
        ["set -e", "for f in \"${item.path}\" '${item.title}'; do"]
        + [f'  if [ -f "$f" ]; then grep -c {number} "${{item.path}}" >> out; fi' for number in range(16)]
        + ["done", "cat <<'EOF' > note", "about ${item.title}", "EOF"]
    ),
}
VARIABLES = {"item": {"path": "src/a b.py", "title": 'it\'s $(hard) to "quote"'}}
WORKFLOW = """
name: start
map: {{input: [a], agent_template: [{{shell: '{command}'}}]}}
"""


def measure(size: Size) -> Iterator[Figure]:
    """Microseconds per command, and processor time of start-ups as a ratio to `python -c pass`."""
    yield from _rendering(200 if size == "quick" else 2_000)
    yield from _starting(5 if size == "quick" else 15)


def _rendering(repetitions: int) -> Iterator[Figure]:
    group = "rendering one command"
    for name, text in COMMANDS.items():
        first = min(_microseconds(text, 1, fresh=True) for _ in range(repetitions // 20))
        again = min(_microseconds(text, repetitions, fresh=False) for _ in range(3))
        yield Figure(group=group, name=f"{name}, the first item", value=first, unit="µs")
        yield Figure(group=group, name=f"{name}, each further item", value=again, unit="µs")


def _microseconds(text: str, repetitions: int, *, fresh: bool) -> float:
    parser = ShfmtParser()
    if not fresh:
        _render(text, parser)
    start = time.perf_counter()
    for _ in range(repetitions):
        _render(text, parser)
    return (time.perf_counter() - start) / repetitions * 1e6


def _render(text: str, parser: ShfmtParser) -> None:
    parsed = parser.parse_now(text_to_parse(text, VARIABLES))
    render_values_file(render_shell(text, VARIABLES, interpreter="sh", parsed=parsed).values)


def _starting(repetitions: int) -> Iterator[Figure]:
    group = "starting, against `python -c pass` (processor time)"
    program = [sys.executable, "-m", "prodigy_action"]
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        directory = Path(name)
        for file, command in (("plain", "echo done"), ("valued", 'echo "${item}"')):
            (directory / file).write_text(WORKFLOW.format(command=command))
        git(directory, "init", "-q")
        git(directory, "commit", "-q", "--allow-empty", "-m", "start")
        nothing = _cpu([sys.executable, "-c", "pass"], directory, repetitions)
        yield Figure(group=group, name="python -c pass", value=nothing * 1e3, unit="ms")
        starts = {
            "--version": ([*program, "--version"], "below 6"),
            "--help": ([*program, "--help"], None),
            "validate, no value in a shell text": ([*program, "validate", "plain"], None),
            "validate, a value in a shell text": ([*program, "validate", "valued"], None),
            "run of one item": ([*program, "run", "plain"], None),
        }
        for what, (start, goal) in starts.items():
            ratio = _cpu(start, directory, repetitions) / nothing
            yield Figure(group=group, name=what, value=ratio, unit="x", goal=goal)
        parsing = "from prodigy_action.adapters.shell_parser.shfmt import parse_json; parse_json(':')"
        alone = _cpu([sys.executable, "-c", parsing], directory, repetitions) / nothing
        yield Figure(group=group, name="the shell parser alone", value=alone, unit="x")


def _cpu(command: list[str], directory: Path, repetitions: int) -> float:
    def once() -> Spent:
        with spending() as spent:
            subprocess.run(command, cwd=directory, check=True, stdout=DEVNULL, stderr=DEVNULL, env=clean_environ())
        return spent

    return middle(once, repetitions).cpu
