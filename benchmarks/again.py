"""A finished run of many items asked again: `show`, resumes and `plan`, against `json.loads` of the same lines."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Size, busy_note
from benchmarks.launching import Launched, launch
from benchmarks.memory import events_of
from benchmarks.repositories import SMALL, make_repository
from benchmarks.tables import Goal
from prodigy_action.adapters.results.journal import write_journal
from prodigy_action.app.report_run import REPORTS
from prodigy_action.app.resume import read_events
from prodigy_action.model.events import Event, InputsGiven, RunFinished, RunStarted, StartKept

RESULTS = "prodigy-results"
QUIET = ("--log-level", "error", "--progress", "none")
INPUTS = {"jsonl": "JSON lines", "json": "JSON", "csv": "CSV"}
"""Suffix of the item file → what it is called here."""


def prepare(root: Path, items: int) -> None:
    """Make a checkout with a finished run of so many items, without reports: its journal begins and ends as that of a
    real run of one item does.
    """
    checkout = make_repository(root / "checkout", SMALL)
    write_inputs(root, 1)
    write_workflow(root, "jsonl")
    program(root, "run", str(root / "workflow.yml"), *QUIET)
    journal = checkout / RESULTS / "events.jsonl"
    own = list(read_events(journal))
    started = next(event for event in own if isinstance(event, RunStarted))
    journal.unlink()
    write_journal(journal, _records(items, started, own), started.run_id)
    for name in REPORTS:
        (journal.parent / name).unlink()
    write_inputs(root, items)


def _records(items: int, started: RunStarted, own: list[Event]) -> Iterator[Event]:
    for event in events_of(items):
        match event:
            case RunStarted():
                yield started
                yield from (each for each in own if isinstance(each, InputsGiven))
            case StartKept():
                yield event.model_copy(update={"start_sha": started.base_sha})
            case RunFinished():
                yield next(each for each in own if isinstance(each, RunFinished))
            case _:
                yield event


def write_workflow(root: Path, suffix: str) -> None:
    """Write a workflow with the item file of that suffix."""
    (root / "workflow.yml").write_text(
        f"name: again\nmode: mapreduce\nmap:\n  input: {json.dumps(str(root / f'items.{suffix}'))}\n"
        "  max_parallel: 4\n  isolation: none\n  agent_template:\n    - shell: 'true'\n"
    )


def write_inputs(root: Path, items: int) -> None:
    """Write the same items in every kind of file."""
    records = [{"i": number, "name": f"record {number}", "tags": ["a", "b"]} for number in range(items)]
    lines = [json.dumps(record) for record in records]
    (root / "items.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (root / "items.json").write_text(f"[{', '.join(lines)}]\n")
    (root / "items.csv").write_text("i,name\n" + "".join(f"{each['i']},{each['name']}\n" for each in records))


def program(root: Path, *arguments: str) -> Launched:
    """What a command of this program takes in the checkout."""
    return launch([sys.executable, "-m", "prodigy_action", *arguments], root / "checkout")


def loads(path: Path) -> float:
    """The CPU seconds that `json.loads` takes for the lines of a file."""
    began = time.process_time()
    with path.open("rb") as file:
        for line in file:
            json.loads(line)
    return time.process_time() - began


def plan(root: Path, suffix: str) -> Launched:
    """What `plan` takes of items in such a file."""
    write_workflow(root, suffix)
    return program(root, "plan", str(root / "workflow.yml"))


def ask(items: int) -> tuple[dict[str, float], dict[str, Launched]]:
    """The seconds of `json.loads` for the `journal` and for the `items`, and what each command took."""
    own = [sys.executable, "-m", "benchmarks.again"]
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as made:
        root = Path(made)
        # The memory of a process counts from that of the one that starts it: what is large is made in another one.
        subprocess.run([*own, "prepare", made, str(items)], check=True)
        resume = ("run", str(root / "workflow.yml"), "--resume-from", RESULTS, *QUIET)
        taken = {
            "show": program(root, "show", RESULTS),
            "resume, no reports": program(root, *resume),
            "resume, with its reports": program(root, *resume),
            **{f"plan, {name}": plan(root, suffix) for suffix, name in INPUTS.items()},
        }
        parsed = subprocess.run([*own, "loads", made], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(parsed.stdout), taken


def measure(size: Size) -> Iterator[Figure | Goal]:
    """What each command takes more than for one item, as a ratio; and the memory of the largest."""
    items = 100_000 if size == "full" else 10_000
    _, least = ask(1)
    parsed, taken = ask(items)
    group = f"a finished run of {items:,} items asked again, without what the same takes for one item"
    where = f"a generated journal of {items:,} items"
    yield Figure(group=group, name="json.loads of the journal's lines", value=parsed["journal"], unit="s")
    yield Figure(group=group, name="json.loads of the item file's lines", value=parsed["items"], unit="s")
    for name, launched in taken.items():
        ratio = (launched.cpu - least[name].cpu) / parsed["items" if name.startswith("plan") else "journal"]
        yield Goal(f"{name}, against json.loads", where, "<=", 5, ratio, "×")
    largest = max(launched.peak_bytes for launched in taken.values()) / 1e6
    yield Goal("memory of show, resume and plan", where, "<=", 500, largest, "MB")


def show_table(items: int) -> None:
    """Print what each command takes for so many items."""
    _, least = ask(1)
    parsed, taken = ask(items)
    print(f"{items:,} items, {busy_note()}: json.loads of {parsed}")
    for name, launched in taken.items():
        own = launched.cpu - least[name].cpu
        ratio = own / parsed["items" if name.startswith("plan") else "journal"]
        print(f"  {name:26} {launched.cpu:7.2f} s {ratio:7.2f} x {launched.peak_bytes / 1e6:6.0f} MB")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", where, count]:
            prepare(Path(where), int(count))
        case ["loads", where]:
            journal = Path(where) / "checkout" / RESULTS / "events.jsonl"
            print(json.dumps({"journal": loads(journal), "items": loads(Path(where) / "items.jsonl")}))
        case arguments:
            show_table(int(*arguments or ["10000"]))
