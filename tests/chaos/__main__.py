"""The campaign on demand: `python -m tests.chaos --runs 200 --items 40 --seed 1`."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.chaos.campaign import POINTS, run_campaign

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="how many runs")
    parser.add_argument("--items", type=int, default=40, help="items of each run")
    parser.add_argument("--seed", type=int, default=1, help="decides the times of the kills")
    parser.add_argument("--kills", type=int, default=0, help="go on until so many kills, too")
    parser.add_argument("--points", nargs="+", default=POINTS, choices=sorted(set(POINTS)), help="when to kill")
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        figures = run_campaign(
            Path(directory), runs=given.runs, items=given.items, seed=given.seed, kills=given.kills, points=given.points
        )
    print(f"seed {given.seed}, {given.items} items: {figures.summary()}; {time.monotonic() - begun:.0f} s")
