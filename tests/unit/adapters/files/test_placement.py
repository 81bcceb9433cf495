"""Directories at places where files are made quickly, and what is left of the places that were tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodigy_action.adapters.files import placement
from prodigy_action.adapters.files.placement import Placement


@pytest.fixture
def tried() -> list[str]:
    """The names of the directories that were tried."""
    return []


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch, tried: list[str]) -> dict[str, float]:
    """What a file costs by the name of its directory, 1 where it is not said."""
    by_name: dict[str, float] = {}

    def seconds_of_a_file(directory: str) -> float:
        tried.append(Path(directory).name)
        return by_name.get(tried[-1], 1.0)

    monkeypatch.setattr(placement, "spread_below", lambda _: True)
    monkeypatch.setattr(placement, "_seconds_of_a_file", seconds_of_a_file)
    return by_name


def made(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in directory.iterdir()}


def test_a_directory_is_made_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    paths = [Placement(tmp_path).make(name) for name in ("one", "two")]
    assert paths == [f"{tmp_path}/one", f"{tmp_path}/two"]
    assert sorted(made(tmp_path)) == ["one", "two"]
    assert list(Path(paths[0]).iterdir()) == []


def test_another_place_is_taken_where_files_cost_more_than_usual(
    tmp_path: Path, costs: dict[str, float], tried: list[str]
) -> None:
    placed = Placement(tmp_path)
    placed.make("usual")
    costs |= {"slow": 9.0, "slow.1": 5.0, "slow.2": 1.2, "slow.3": 1.0}
    placed.make("slow")
    assert tried[-3:] == ["slow", "slow.1", "slow.2"]
    assert sorted(made(tmp_path)) == ["slow", "usual"]


def test_the_best_of_all_places_is_taken_when_none_is_good(tmp_path: Path, costs: dict[str, float]) -> None:
    placed = Placement(tmp_path)
    placed.make("usual")
    costs |= {"slow": 9.0, **{f"slow.{number}": 9.0 - number / 10 for number in range(1, 12)}}
    placed.make("slow")
    assert sorted(made(tmp_path)) == ["slow", "usual"]


def test_a_name_that_is_taken_is_an_error_and_leaves_nothing(tmp_path: Path, costs: dict[str, float]) -> None:
    costs["name"] = 9.0
    (tmp_path / "name.1").write_text("")
    with pytest.raises(FileExistsError):
        Placement(tmp_path).make("name")
    assert sorted(made(tmp_path)) == ["name.1"]


def test_a_file_system_that_does_not_spread_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "spread_below", lambda _: False)
    monkeypatch.setattr(placement, "_seconds_of_a_file", lambda _: pytest.fail("tried"))
    Placement(tmp_path).make("one")
    assert sorted(made(tmp_path)) == ["one"]
