from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.dependency_analysis.worktree_paths import (
    PathSet,
    ResolvedPath,
    fold_path,
    overlap,
    resolve_path,
)

PATHS = st.lists(st.sampled_from(["a", "b", "C", ".", ".."]), min_size=1, max_size=6).map("/".join)


@given(PATHS)
def test_a_path_without_links_is_normalized_as_the_system_does(path: str) -> None:
    resolved = resolve_path(path)
    normal = posixpath.normpath(path)
    if isinstance(resolved, ResolvedPath):
        assert resolved.path == fold_path("" if normal == "." else normal)
    else:
        assert any(posixpath.normpath("/".join(path.split("/")[:n])).startswith("..") for n in range(1, 8))


@pytest.mark.parametrize("path", ("/", "/etc/passwd", "..", "a/../.."))
def test_a_path_outside_the_worktree_has_a_reason_instead_of_a_place(path: str) -> None:
    assert isinstance(resolve_path(path), str)


def test_the_base_directory_gives_room_for_parents() -> None:
    assert resolve_path("../x", "d") == ResolvedPath("x", frozenset({"d"}))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    (
        ("a", "a", True),
        ("a", "a/b", True),
        ("a/b/c", "a", True),
        ("", "x/y", True),
        ("a", "ab", False),
        ("a/b", "a/c", False),
    ),
)
def test_paths_overlap_when_one_contains_the_other(first: str, second: str, expected: bool) -> None:
    assert overlap(first, second) is expected
    assert overlap(second, first) is expected


SOME = st.lists(st.sampled_from(["a", "b"]), max_size=3).map("/".join)


@given(st.lists(SOME, max_size=4), SOME)
def test_a_path_set_agrees_with_comparing_each(paths: list[str], path: str) -> None:
    assert PathSet(paths).overlaps(path) is any(overlap(path, other) for other in paths)
