from __future__ import annotations

from pathlib import Path

from prodigy_action.pure.text.binary_patches import LEFT_OUT, without_binary_secrets
from tests.support.git import git, make_repository


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

    shown = without_binary_secrets(patch, lambda content: b"hidden-value" in content)

    assert LEFT_OUT in shown
    assert b"literal" not in shown
    assert shown.startswith(b"diff --git a/file.bin b/file.bin")


def test_what_a_delta_inserts_is_seen(tmp_path: Path) -> None:
    noise = bytes(i * i * 7 % 251 for i in range(9000))
    patch = patch_of(tmp_path, b"\0" + noise, b"\0" + noise[:5000] + b"hidden-value" + noise[5000:])

    assert b"delta" in patch
    assert LEFT_OUT in without_binary_secrets(patch, lambda content: b"hidden-value" in content)


def test_other_binary_files_and_texts_stay_as_they_are(tmp_path: Path) -> None:
    patch = patch_of(tmp_path, b"\0old", b"\0new" * 500) + b"GIT binary patch\nliteral 3\nnot of git\n\n"
    seen: list[bytes] = []

    def remember(content: bytes) -> bool:
        seen.append(content)
        return False

    assert without_binary_secrets(patch, remember) == patch
    assert b"\0new" * 500 in seen
    assert b"\0old" in seen
