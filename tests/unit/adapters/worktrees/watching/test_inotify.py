"""Watchers that share a queue: each gets its own events, and nobody misses one without knowing it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prodigy_action.adapters.worktrees.watching.inotify import Event, Inotify, Watcher
from prodigy_action.adapters.worktrees.watching.tree_watch import TreeWatch
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget

KINDS = int(Event.MODIFY | Event.ATTRIB | Event.OPEN | Event.DELETE_SELF)


@pytest.fixture
def queue() -> Inotify:
    return Inotify()


def watched(queue: Inotify, path: Path) -> tuple[Watcher, int]:
    path.write_text("as it was\n")
    watcher = queue.watcher()
    return watcher, watcher.add(os.fsencode(path), KINDS)


def test_each_watcher_gets_its_events_whoever_reads_the_queue(queue: Inotify, tmp_path: Path) -> None:
    (one, of_one), (two, of_two) = watched(queue, tmp_path / "one"), watched(queue, tmp_path / "two")
    (tmp_path / "one").chmod(0o600)
    (tmp_path / "two").chmod(0o600)
    assert two.events() == [(of_two, Event.ATTRIB, b"")]
    assert one.events() == [(of_one, Event.ATTRIB, b"")]
    assert one.events() == two.events() == []


def test_a_watcher_that_leaves_takes_only_its_watches_along(queue: Inotify, tmp_path: Path) -> None:
    (one, _), (two, of_two) = watched(queue, tmp_path / "one"), watched(queue, tmp_path / "two")
    one.close()
    one.close()
    (tmp_path / "one").chmod(0o600)
    (tmp_path / "two").chmod(0o600)
    assert (queue.shared_by, one.events()) == (1, [])
    assert two.events() == [(of_two, Event.ATTRIB, b"")]
    two.close()
    with pytest.raises(OSError, match="closed"):
        queue.watcher()


def test_an_inode_of_two_watchers_is_trusted_by_neither(queue: Inotify, tmp_path: Path) -> None:
    one, _ = watched(queue, tmp_path / "one")
    two = queue.watcher()
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    with pytest.raises(OSError, match="two watched directories"):
        two.add(os.fsencode(tmp_path / "two"), KINDS)
    assert one.events() == two.events() == [(-1, Event.Q_OVERFLOW, b"")]


def test_an_overflow_concerns_all_watchers_of_the_queue(queue: Inotify, tmp_path: Path) -> None:
    (one, _), (two, _) = watched(queue, tmp_path / "one"), watched(queue, tmp_path / "two")
    other, _ = watched(Inotify(), tmp_path / "three")
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for number in range(most + 100):
        os.utime(tmp_path / "one", (number, number))
        os.close(os.open(tmp_path / "one", os.O_RDONLY))
    assert one.events() == two.events() == [(-1, Event.Q_OVERFLOW, b"")]
    assert other.events() == []


def test_events_that_nobody_asks_for_do_not_fill_the_memory(queue: Inotify, tmp_path: Path) -> None:
    (one, _), (two, _) = watched(queue, tmp_path / "one"), watched(queue, tmp_path / "two")
    for _ in range(9_000):
        (tmp_path / "one").chmod(0o600)
        os.close(os.open(tmp_path / "one", os.O_RDONLY))
        assert two.events() == []
    assert one.events() == [(-1, Event.Q_OVERFLOW, b"")]


def test_a_watched_file_that_is_replaced_is_reported_and_watched_again(queue: Inotify, tmp_path: Path) -> None:
    one, first = watched(queue, tmp_path / "one")
    (tmp_path / "one").unlink()
    assert {kinds for _, kinds, _ in one.events()} >= {Event.DELETE_SELF, Event.IGNORED}
    (tmp_path / "one").write_text("a new one\n")
    second = one.add(os.fsencode(tmp_path / "one"), KINDS)
    (tmp_path / "one").chmod(0o600)
    assert second != first
    assert one.events() == [(second, Event.ATTRIB, b"")]


def test_a_budget_shares_its_queues_when_there_are_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"max_user_watches": 65_537, "max_user_instances": 6}
    for name, most in limits.items():
        (tmp_path / name).write_text(f"{most}\n")
    module = "prodigy_action.adapters.worktrees.watching.watch_budget"
    monkeypatch.setattr(f"{module}._LIMITS", tmp_path)
    monkeypatch.setattr(f"{module}.try_watches", lambda *_: "")
    budget = WatchBudget(str(tmp_path))
    trees = []
    for number in range(4):
        (root := tmp_path / f"tree-{number}").mkdir()
        (root / "file").write_text("as it was\n")
        trees.append(TreeWatch(os.fsencode(root), watcher=budget.watcher()))
        trees[-1].add(b"", directory=True)
        trees[-1].add(b"file", directory=False)
    (tmp_path / "tree-2/file").write_text("something else\n")
    assert [tree.is_unchanged() for tree in trees] == [True, True, False, True]
    for tree in trees:
        tree.close()
    # The half of six queues, one of them for small watches; and all watches but 32,768, or the half.
    assert not budget.take(32_770, None)
    assert budget.take(32_769, None)
