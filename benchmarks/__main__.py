"""`make bench`: every measurement, as a table and as `build/benchmarks.json`."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figure, Measure, Size, busy_note

MODULES = ("isolation", "commits", "parallelism", "conflicts", "planning", "rendering")
"""Each has `measure(size)`, which yields figures; one that does not exist is left out."""
TARGET = Path("build/benchmarks.json")


def main() -> int:
    """Run the chosen measurements, print the figures, and write them to a file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=("quick", "full"), default="full", help="quick takes less than two minutes")
    parser.add_argument("--only", action="append", choices=MODULES, help="one module; may be given several times")
    options = parser.parse_args()
    figures: list[Figure] = []
    for name, measure in _measures(options.only or MODULES).items():
        print(f"measuring {name} ({busy_note()})", file=sys.stderr, flush=True)
        figures += _figures_of(measure, options.size)
    TARGET.parent.mkdir(exist_ok=True)
    document = {
        "size": options.size,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.release()}, {busy_note()}",
        "figures": [figure.as_record() for figure in figures],
    }
    TARGET.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\nwritten to {TARGET}")
    return 0


def _measures(names: tuple[str, ...] | list[str]) -> Mapping[str, Measure]:
    here = Path(__file__).parent
    return {name: import_module(f"benchmarks.{name}").measure for name in names if (here / f"{name}.py").exists()}


def _figures_of(measure: Measure, size: Size) -> Iterator[Figure]:
    group = None
    for figure in measure(size):
        if figure.group != group:
            print(f"\n{figure.group}")
            group = figure.group
        goal = f"   goal {figure.goal}" if figure.goal else ""
        print(f"  {figure.name:<52} {figure.value:>10,.2f} {figure.unit:<5}{goal}", flush=True)
        yield figure


if __name__ == "__main__":
    sys.exit(main())
