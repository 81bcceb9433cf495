"""Settings of all tests, and the last lines of a test run: how many tests were skipped, and for which missing tool."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings

# No time limit per example: how long one takes depends on the load of the machine.
settings.register_profile("prodigy-action", deadline=None)
settings.load_profile("prodigy-action")


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
