"""Settings of all tests, and the last lines of a test run: how many tests were skipped, and for which missing tool."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No time limit per example: how long one takes depends on the load of the machine.
settings.register_profile("prodigy-action", deadline=None)
settings.load_profile("prodigy-action")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `-m timing`, only the few files that have such tests are read: reading all of them takes long."""
    wanted = config.getoption("markexpr") == "timing" and collection_path.match("test_*.py")
    return True if wanted and "mark.timing" not in collection_path.read_text() else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each process begins with long tests: one that began last would keep the others waiting."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if any(item.iter_markers("stress")) or any(item.iter_markers("long"))]
    modules = list(dict.fromkeys(item.path for item in long))
    moved = set(long)
    short = [item for item in items if item not in moved]
    share = -(-len(items) // processes)
    ordered: list[pytest.Item] = []
    for process in range(processes):
        # A module stays together, for the sake of what its tests share.
        first = [item for path in modules[process::processes] for item in long if item.path == path]
        rest = max(share - len(first), 0)
        ordered += [*first, *short[:rest]]
        short = short[rest:]
    items[:] = [*ordered, *short]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    reasons = Counter(_reason(report) for report in skipped)
    if reasons:
        terminalreporter.section("left out", yellow=True)
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'} skipped: {reason}")


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")
