"""Which files of an installed environment hold whole paths, and how these paths change."""

from __future__ import annotations

import pytest

from prodigy_action.pure.text.moved_paths import is_environment_file, may_name_places, names, with_moved_paths


@pytest.mark.parametrize(
    ("path", "is_one"),
    (
        (b".venv/pyvenv.cfg", True),
        (b".venv/lib/python3.13/site-packages/pkg.pth", True),
        (b".venv/lib/python3.13/site-packages/pkg.egg-link", True),
        (b".venv/lib/python3.13/site-packages/pkg-1.0.dist-info/direct_url.json", True),
        (b".venv/lib/python3.13/site-packages/__editable___pkg_1_0_finder.py", True),
        (b"usr/lib/python3/dist-packages/_pkg_editable_loader.py", True),
        (b".venv/bin/pytest", True),
        (b"node_modules/.bin/jest", True),
        (b"bin/tool", True),
        (b".venv/lib/python3.13/site-packages/pkg/editable.py", False),
        (b"src/editable_text.py", False),
        (b"cabin/notes", False),
        (b"bin/directory/file", False),
        (b".env", False),
    ),
)
def test_files_that_installers_write_whole_paths_into(path: bytes, is_one: bool) -> None:
    assert is_environment_file(path) is is_one


@pytest.mark.parametrize(
    ("content", "moved"),
    (
        (b"/old/tree/src\n", b"/new/src\n"),
        (b"/old/tree", b"/new"),
        (b"#!/old/tree/.venv/bin/python\n", b"#!/new/.venv/bin/python\n"),
        (b'{"url": "file:///old/tree"}', b'{"url": "file:///new"}'),
        (b"a=/old/tree:/old/tree/b", b"a=/new:/new/b"),
        (b"/old/tree-2/x /old/trees /old/tree.bak", b"/old/tree-2/x /old/trees /old/tree.bak"),
        (b"/very/old/tree", b"/very/old/tree"),
        (b"binary\0/old/tree", b"binary\0/old/tree"),
        (b"", b""),
    ),
)
def test_paths_of_the_one_directory_become_those_of_the_other(content: bytes, moved: bytes) -> None:
    assert with_moved_paths(content, b"/old/tree", b"/new") == moved


def test_an_address_holds_the_path_in_its_own_form() -> None:
    assert with_moved_paths(b"file:///a%20b/x", b"/a b", b"/c d") == b"file:///c%20d/x"


def test_a_replacement_is_no_pattern() -> None:
    assert with_moved_paths(b"/old/x", b"/old", rb"/n\1") == rb"/n\1/x"


def test_names() -> None:
    assert names(b"at /old/tree/x", b"/old/tree")
    assert not names(b"at /old/trees", b"/old/tree")
    assert not may_name_places(b"a/__pycache__/x.cpython-313.pyc")
