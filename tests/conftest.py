"""What the last lines of the test command say about skipped tests: how many, and for which missing tool or right."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    reasons = Counter(_reason(report) for report in skipped)
    if reasons:
        terminalreporter.section("left out", yellow=True)
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'} skipped: {reason}")


def _reason(report: pytest.TestReport) -> str:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")
