"""What the kernel reports of a worktree, against a scan of all of it."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest

from prodigy_action.adapters.files.temporary_pool import remove_tree
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.worktrees.scan import Differences, compare, fact_line, fact_lines, path_of, read_facts
from prodigy_action.adapters.worktrees.watching.slot_watch import SlotWatch
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget


class _Trusting(WatchBudget):
    def _trusted(self, user: Credentials | None) -> bool:
        return True


def _change_something(root: Path, names: list[str], chance: random.Random) -> None:
    name, other = chance.choice(names), chance.choice([*names, "new", "d/new", "d/e/new"])
    path, target = root / name, root / other
    kind = chance.randrange(10)
    with suppress(OSError):
        if kind == 0:
            path.write_text("changed\n")
        elif kind == 1:
            path.unlink()
        elif kind == 2:
            path.rename(target)
        elif kind == 3:
            path.chmod(0o600)
        elif kind == 4:
            os.link(path, target)
        elif kind == 5:
            (root / f"{other}-directory" / "below").mkdir(parents=True)
            (root / f"{other}-directory" / "below" / "file").touch()
        elif kind == 6:
            path.unlink()
            path.mkdir()
            (path / "inside").touch()
        elif kind == 7:
            path.unlink()
            path.symlink_to("nowhere")
        elif kind == 8 and chance.randrange(4) == 0:
            (root / "d/e").rename(root / "moved")
            (root / "d/e").mkdir()
        else:
            target.touch()


@pytest.mark.parametrize("seed", range(5))
def test_what_the_kernel_reports_is_what_a_scan_finds(tmp_path: Path, seed: int) -> None:
    """Random changes, each looked at by both; then everything is restored, and it goes on."""
    root, chance = tmp_path / "tree", random.Random(seed)  # noqa: S311 - a repeatable choice
    names = [f"{place}{name}" for place in ("", "d/", "d/e/") for name in "abc"]
    (root / "d/e").mkdir(parents=True)
    for name in names:
        (root / name).write_text("as it was\n")
    place = os.fsencode(root)
    issued = fact_lines(read_facts(place, 0))
    watch = SlotWatch(_Trusting(str(tmp_path), 1000), place, Credentials(os.geteuid(), os.getegid()))
    watch.before_first_use(issued)
    answered = 0
    for _ in range(60):
        time.sleep(0.012)  # longer than a tick of file times, as the pool waits
        for _ in range(chance.randrange(4)):
            _change_something(root, names, chance)
        if watch.is_unchanged(issued):
            assert compare(issued, fact_lines(read_facts(place, 0))) == Differences()
            continue
        found = compare(issued, fact_lines(read_facts(place, 0)))
        reported = watch.changes(issued)
        if reported is None:
            watch.before_scan(issued)
            watch.after_scan(found)
        else:
            answered += 1
            assert reported == found
        for path in found.extra:
            remove_tree(os.fsdecode(place + b"/" + path))
        for path in found.changed:
            target = Path(os.fsdecode(place + b"/" + path))
            if path in {b"d", b"d/e"}:
                target.mkdir(exist_ok=True)
                target.chmod(0o755)
            else:
                remove_tree(str(target))
                target.write_text("as it was\n")
        issued = {line for line in issued if path_of(line) not in set(found.changed)}
        issued |= {fact_line(place, path) for path in found.changed}
        watch.restored(found.changed, found.extra, issued)
    assert answered > 20
