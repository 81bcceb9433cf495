"""Handing over what root wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prodigy_action.adapters.files.ownership import give_to_owner

OWNER = (1001, 121)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def owner_of(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    directory = tmp_path / "workspace"
    directory.mkdir()
    if os.geteuid() == 0:
        os.chown(directory, *OWNER)
    return directory


@as_root
def test_everything_below_goes_to_the_owner_of_the_workspace(workspace: Path) -> None:
    logs = workspace / "out" / "prodigy-results" / "logs"
    logs.mkdir(parents=True)
    (logs / "item-0.log").write_text("log")

    give_to_owner(workspace / "out" / "prodigy-results", workspace)

    assert {path: owner_of(path) for path in workspace.rglob("*")} == dict.fromkeys(workspace.rglob("*"), OWNER)


@as_root
def test_links_are_given_away_and_not_what_they_point_at(workspace: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "shadow").write_text("x")
    results = workspace / "results"
    results.mkdir()
    (results / "file").symlink_to(secret / "shadow")
    (results / "directory").symlink_to(secret)

    give_to_owner(results, workspace)

    assert [owner_of(secret), owner_of(secret / "shadow")] == [(0, 0), (0, 0)]
    assert [owner_of(results / "file"), owner_of(results / "directory")] == [OWNER, OWNER]


@as_root
def test_a_results_directory_that_became_a_link_is_not_entered(workspace: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "shadow").write_text("x")
    (workspace / "results").symlink_to(secret)

    give_to_owner(workspace / "results", workspace)

    assert owner_of(secret / "shadow") == (0, 0)


@as_root
def test_files_of_other_users_stay_theirs(workspace: Path) -> None:
    results = workspace / "results"
    results.mkdir()
    (results / "theirs").write_text("x")
    os.chown(results / "theirs", 4711, 4711)

    give_to_owner(results, workspace)

    assert owner_of(results / "theirs") == (4711, 4711)


@as_root
def test_what_stands_beside_the_directory_is_left_alone(workspace: Path) -> None:
    (workspace / "results").mkdir()
    (workspace / "beside").write_text("x")

    give_to_owner(workspace / "results", workspace)

    assert owner_of(workspace / "beside") == (0, 0)


@as_root
def test_a_directory_outside_the_workspace_goes_by_its_own_owner(workspace: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    os.chown(outside, 1000, 1000)
    (outside / "results.json").write_text("{}")

    give_to_owner(outside, workspace)

    assert owner_of(outside / "results.json") == (1000, 1000)


@as_root
def test_a_missing_directory_is_no_error(workspace: Path) -> None:
    assert give_to_owner(workspace / "never" / "made", workspace) == 0


def test_without_root_nothing_is_tried(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "file").write_text("x")
    before = owner_of(workspace / "file")
    monkeypatch.setattr(os, "geteuid", lambda: 1001)

    assert give_to_owner(workspace, workspace) == 0
    assert owner_of(workspace / "file") == before
