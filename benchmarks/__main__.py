"""`make bench`: what `docs/performance.md` shows, as tables, `build/benchmarks.json` and `build/benchmarks.md`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figure, Size, busy_note
from benchmarks.machine import machine_facts, machine_lines
from benchmarks.parts import Parts, State
from benchmarks.tables import Goal, Layout, Row, head_lines, markdown, put_between_marks, shown

PAGE = ("fixed", "cost", "sizes", "widths", "commits", "memory")
"""What `docs/performance.md` shows, and what is measured unless others are named."""
FULL_ALONE = ("again", "many")
"""What takes too long for the quick form. They come last: whoever has less time gets the rest."""
MODULES = (*PAGE, *FULL_ALONE, "isolation", "parallelism", "conflicts", "planning", "rendering")
"""Each has `measure(size)`, which yields figures, rows and goals."""
TARGET = Path("build/benchmarks.json")
Measure = Callable[[Size], Iterable[Figure | Row | Goal]]


def main() -> int:
    """Run the chosen measurements, print what they find, and write it to files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--size",
        choices=("quick", "full"),
        default="full",
        help="on two processors without other work, quick takes less than two minutes and full a quarter of an hour",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=MODULES,
        help="one module; may be given several times (isolation, "
        "parallelism, conflicts, planning and rendering are measured only when they are named)",
    )
    parser.add_argument("--markdown", action="store_true", help="print the tables of the page, and nothing else")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="put them between the marks of this page")
    options = parser.parse_args()
    names = options.only or (PAGE if options.size == "quick" else (*PAGE, *FULL_ALONE))
    found, parts, facts = Found(quiet=options.markdown), Parts(options.size, names), machine_facts()
    TARGET.parent.mkdir(exist_ok=True)

    def write() -> str:
        """After each line: whatever ends a long measurement costs no figure that is there already."""
        now = {**facts, **parts.facts()}
        tables = markdown(machine_lines(now), found.rows, found.goals, found.figures)
        TARGET.write_text(json.dumps({"size": options.size, "machine": now, **found.as_record()}, indent=1) + "\n")
        TARGET.with_suffix(".md").write_text(tables)
        if options.into is not None:
            options.into.write_text(put_between_marks(options.into.read_text(), tables))
        return tables

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tables = ""
    state: State
    for name in names:
        print(f"measuring {name} ({busy_note()})", file=sys.stderr, flush=True)
        parts.begin(name)
        try:
            found.take(import_module(f"benchmarks.{name}").measure(options.size), write)
            state = "measured"
        except KeyboardInterrupt:
            state = "cut short"
        except Exception:  # noqa: BLE001 - whatever fails in one part must not cost the others
            traceback.print_exc()
            state = "failed"
        parts.end(name, state)
        tables = write()
        print(f"{name}: {state}", file=sys.stderr, flush=True)
        if state == "cut short":
            break
    print(tables if options.markdown else f"\nwritten to {TARGET} and {TARGET.with_suffix('.md')}")
    return 0 if parts.whole else 1


class Found:
    """What the measurements have found so far; printed as it comes unless `quiet`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.figures: list[Figure] = []
        self.rows: list[Row] = []
        self.goals: list[Goal] = []
        self._quiet = quiet
        self._under: str | Layout | None = None

    def take(self, measured: Iterable[Figure | Row | Goal], after: Callable[[], object] = lambda: None) -> None:
        """Carry a measurement out; `after` is called after each line."""
        for each in measured:
            match each:
                case Figure():
                    self.figures.append(each)
                    goal = f"   goal {each.goal}" if each.goal else ""
                    self._print(
                        each.group, [each.group], f"  {each.name:<52} {each.value:>10,.2f} {each.unit:<5}{goal}"
                    )
                case Row():
                    self.rows.append(each)
                    title = [each.layout.title, *head_lines(each.layout.heads)]
                    self._print(each.layout, title, f"| {' | '.join(map(shown, each.cells))} |")
                case Goal():
                    self.goals.append(each)
            after()

    def as_record(self) -> dict[str, object]:
        """For the JSON file."""
        return {
            "tables": [row.as_record() for row in self.rows],
            "goals": [goal.as_row().as_record() for goal in self.goals],
            "figures": [figure.as_record() for figure in self.figures],
        }

    def _print(self, under: str | Layout, title: list[str], line: str) -> None:
        if self._quiet:
            return
        if under != self._under:
            print("", *title, sep="\n")
            self._under = under
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
