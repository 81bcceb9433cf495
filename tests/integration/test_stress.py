"""Two runs at once on one repository, with agents that spoil their worktrees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import clean_environ


@pytest.mark.stress
def test_two_runs_at_once_among_vandals_make_no_errors() -> None:
    command = [sys.executable, "-m", "benchmarks.stress", "--items", "40", "--parallel", "8"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=clean_environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 errors" in done.stdout
