"""A small campaign; the large one is run on demand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.campaign import run_campaign


@pytest.mark.stress
def test_runs_killed_at_random_times_lose_nothing_and_run_nothing_twice(tmp_path: Path) -> None:
    figures = run_campaign(tmp_path, runs=0, items=40, seed=7, kills=20)
    assert figures.kills >= 20


@pytest.mark.stress
def test_runs_killed_while_they_publish_are_completed(tmp_path: Path) -> None:
    figures = run_campaign(tmp_path, runs=0, items=6, seed=7, kills=10, points=("publishing",))
    assert figures.kills_by_point["publishing"] >= 10
