"""A workload in which every fifth item meets others in one file: how many land with each `on_conflict`.

Of five that meet in a file, the first and the fourth edit lines far apart, the second and the fifth a neighbour of
those lines, and the third the line of the first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Size
from benchmarks.repositories import SMALL, clone, git, make_repository
from benchmarks.ways import run_ours

ITEMS: dict[Size, int] = {"quick": 25, "full": 100}
OVERLAP = 5
LINES = 40
EDIT = f"""
file=own-$N.txt line=1
if [ $((N % {OVERLAP})) = 0 ]; then
  k=$((N / {OVERLAP})); file=shared-$((k / 5 % 4)).txt
  case $((k % 5)) in 0|2) line=10 ;; 1) line=11 ;; 3) line=30 ;; 4) line=31 ;; esac
fi
test -e "$file" || echo > "$file"
sed -i "${{line}}s/.*/changed by $N/" "$file"
git add "$file" && git commit -q -m "item $N"
"""


def measure(size: Size) -> Iterator[Figure]:
    """Items landed of those planned, with `dlq`, `rebase` and `rerun`."""
    items = ITEMS[size]
    with tempfile.TemporaryDirectory(prefix="prodigy-bench-") as name:
        origin = make_repository(Path(name) / "origin", SMALL)
        for number in range(4):
            text = "".join(f"line {line}\n" for line in range(LINES))
            (origin / f"shared-{number}.txt").write_text(text)
        git(origin, "add", "-A")
        git(origin, "commit", "-q", "-m", "shared files")
        for what in ("dlq", "rebase", "rerun"):
            place = Path(name) / what
            place.mkdir()
            repository = clone(origin, place / "r")
            run = run_ours(repository, EDIT, items, 8, map_keys=f"  on_conflict: {what}\n")
            group = f"{items} items, every {OVERLAP}th in a file with four others"
            landed = run.results["counts"]["succeeded"]
            yield Figure(group=group, name=f"landed with {what}", value=100 * landed / items, unit="%")
            yield Figure(group=group, name=f"seconds per item with {what}", value=run.spent.wall / items, unit="s")
