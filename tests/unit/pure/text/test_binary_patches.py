from __future__ import annotations

import base64
import tracemalloc
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from prodigy_action.pure.text.binary_patches import BLOCK, LEFT_OUT, TOO_LARGE, without_binary_secrets
from prodigy_action.pure.text.masking import Masker
from tests.support.git import git, make_repository

MIB = 2**20


def holds_it(blocks: Iterable[bytes]) -> bool:
    return Masker(["hidden-value"]).count_in_content(blocks) > 0


def packed(kind: str, content: bytes) -> bytes:
    """A hunk as git writes it."""
    deflated = zlib.compress(content)
    lines = [deflated[start : start + 52] for start in range(0, len(deflated), 52)]
    letters = [chr(ord("A") - 1 + len(each) if len(each) <= 26 else ord("a") - 27 + len(each)) for each in lines]
    written = [letter.encode() + base64.b85encode(each, pad=True) for letter, each in zip(letters, lines, strict=True)]
    return f"GIT binary patch\n{kind} {len(content)}\n".encode() + b"\n".join(written) + b"\n\n"


def patch_of(tmp_path: Path, before: bytes, after: bytes) -> bytes:
    repository = make_repository(tmp_path / "r", {"other": "x"})
    for content in (before, after):
        (repository / "file.bin").write_bytes(content)
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", "x")
    git(repository, "diff", "--binary", "--full-index", "--output=../patch", "HEAD~1", "HEAD")
    return (tmp_path / "patch").read_bytes()


def test_a_binary_file_with_a_secret_is_left_out_of_a_patch(tmp_path: Path) -> None:
    patch = patch_of(tmp_path, b"\0old", b"\0" + bytes(range(256)) * 9 + b"hidden-value" + b"\0" * 99)

    shown = without_binary_secrets(patch, holds_it)

    assert LEFT_OUT in shown
    assert b"literal" not in shown
    assert shown.startswith(b"diff --git a/file.bin b/file.bin")


def test_what_a_delta_inserts_is_seen(tmp_path: Path) -> None:
    noise = bytes(i * i * 7 % 251 for i in range(9000))
    patch = patch_of(tmp_path, b"\0" + noise, b"\0" + noise[:5000] + b"hidden-value" + noise[5000:])

    assert b"delta" in patch
    assert LEFT_OUT in without_binary_secrets(patch, holds_it)


def test_other_binary_files_and_texts_stay_as_they_are(tmp_path: Path) -> None:
    patch = patch_of(tmp_path, b"\0old", b"\0new" * 500) + b"GIT binary patch\nliteral 3\nnot of git\n\n"
    seen: list[bytes] = []

    def remember(blocks: Iterable[bytes]) -> bool:
        seen.append(b"".join(blocks))
        return False

    assert without_binary_secrets(patch, remember) == patch
    assert b"\0new" * 500 in seen
    assert b"\0old" in seen


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    (
        ("literal", bytes(64 * MIB), bytes(2 * MIB)),
        ("delta", b"\x80\x80\x04\x05" + (b"\x7f" + bytes(127)) * (MIB // 2) + b"\x91\x00\x01\x0c", b"\x90\x01" * 999),
    ),
)
def test_a_content_much_longer_than_its_patch_takes_little_memory(kind: str, before: bytes, after: bytes) -> None:
    patch = packed(kind, before + b"hidden-value" + after)
    assert len(patch) < MIB
    del before, after

    tracemalloc.start()
    shown = without_binary_secrets(patch, holds_it)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert shown == LEFT_OUT
    assert most < 8 * BLOCK


def test_contents_beyond_the_limit_are_left_out_unsearched() -> None:
    small, large = packed("literal", b"\0small" * 9), packed("literal", bytes(1001))

    shown = without_binary_secrets(b"a\n" + small + b"b\n" + large + b"c\n" + small, holds_it, most=1000)

    assert shown == b"a\n" + small + b"b\n" + TOO_LARGE + b"c\n" + small
    assert without_binary_secrets(small * 3, holds_it, most=120) == small * 2 + TOO_LARGE


def test_a_content_that_is_longer_than_its_patch_says_is_left_out() -> None:
    liar = packed("literal", bytes(MIB)).replace(b"literal 1048576", b"literal 10")

    assert without_binary_secrets(liar, holds_it) == TOO_LARGE


def test_what_git_would_not_write_is_searched_as_far_as_it_can_be_unpacked() -> None:
    broken = packed("literal", b"hidden-value" + bytes(i * i * 7 % 251 for i in range(4000)))
    broken = broken[: broken.rindex(b"\n", 0, -2)] + b"\n"

    assert without_binary_secrets(broken, holds_it) == LEFT_OUT
    assert without_binary_secrets(packed("delta", b"\x01\x01\x00--hidden-value"), holds_it) == LEFT_OUT
