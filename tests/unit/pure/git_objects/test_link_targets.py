"""Links that name a place by its whole path: as relative ones, and whether they lead into a directory."""

from __future__ import annotations

import pytest

from prodigy_action.pure.git_objects.link_targets import leads_into, relative_target


@pytest.mark.parametrize(
    ("path", "target", "relative"),
    (
        (b"l", b"/top/a", b"a"),
        (b"l", b"/top", b"."),
        (b"l", b"/top/d/", b"d"),
        (b"d/l", b"/top/a", b"../a"),
        (b"d/l", b"/top/d/a", b"a"),
        (b"d/e/l", b"/top/../top/f/./a", b"../../f/a"),
        (b"l", b"/top/../etc/passwd", None),
        (b"l", b"/topper/a", None),
        (b"l", b"/top/.git/config", None),
        (b"l", b"/top/.gitignore", b".gitignore"),
        (b"l", b"a", None),
        (b"l", b"/usr/bin/env", None),
    ),
)
def test_a_link_into_the_tree_has_a_relative_target(path: bytes, target: bytes, relative: bytes | None) -> None:
    assert relative_target(path, target, b"/top") == relative


def test_a_link_leads_into_a_directory_by_its_whole_path_alone() -> None:
    assert leads_into(b"/tmp/x", [b"/run", b"/tmp"])
    assert leads_into(b"/run", [b"/run"])
    assert leads_into(b"/a/../run/x", [b"/run"])
    assert not leads_into(b"/running", [b"/run"])
    assert not leads_into(b"../run", [b"/run"])
