"""Edits are read from git's own comparison, whatever the bytes of the texts are."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.landing.picking import edits_between, lines_of, pick
from prodigy_action.adapters.repository.private_repository import PrivateRepository, private_repository
from prodigy_action.pure.text.line_merge import merge_edits
from tests.support.backends import run_on
from tests.support.engines import IDENTITY
from tests.support.git import make_repository

PIECES = (
    b"a\n",
    b"b\n",
    b"a\r\n",
    b"\r",
    b"x\ry\n",
    b"\x0b\n",
    b"\n",
    b"caf\xc3\xa9\n",
    b"\xff\n",
    b"-- \n",
    b"@@ -1 +1 @@\n",
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRepository]:
    root = make_repository(tmp_path_factory.mktemp("picking") / "r", {"file": "start\n"})
    checkout = run_on("asyncio", open_checkout, str(root), dict(os.environ))
    with private_repository(checkout, "run", IDENTITY) as made:
        yield made


def tree_of(repository: PrivateRepository, content: bytes, mode: bytes = b"100644") -> str:
    return repository.objects.write_tree({b"file": (mode, repository.objects.write_blob(content))})


def content_of(repository: PrivateRepository, tree: str) -> tuple[bytes, bytes]:
    mode, blob = repository.objects.tree(tree)[b"file"]
    return mode, repository.objects.read(blob)[1]


@pytest.mark.parametrize("number", range(40))
def test_the_edits_between_two_texts_lead_from_one_to_the_other(repository: PrivateRepository, number: int) -> None:
    seeded = random.Random(number)  # noqa: S311
    before, after = (b"".join(seeded.choices(PIECES, k=seeded.randint(0, 9))) for _ in range(2))
    if number % 3 == 0:
        after += b"no line end"
    base, side = (repository.objects.write_blob(text) for text in (before, after))
    lines = lines_of(after)
    assert b"".join(lines) == after
    merged = merge_edits(lines_of(before), edits_between(repository, base, side, lines), [])
    assert merged is not None
    assert b"".join(merged) == after


def test_neighbouring_lines_are_picked_and_the_mode_with_them(repository: PrivateRepository) -> None:
    base, ours = tree_of(repository, b"1\n2\r3\n4\n"), tree_of(repository, b"one\n2\r3\n4\n")
    theirs = tree_of(repository, b"1\ntwo\rthree\n4\n", b"100755")
    picked = pick(repository, base, theirs, ours)
    assert picked is not None
    assert content_of(repository, picked) == (b"100755", b"one\ntwo\rthree\n4\n")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    (
        pytest.param(b"one\n2\n", b"eins\n2\n", id="the same line"),
        pytest.param(b"one\n2\n\0", b"1\ntwo\n\0", id="a binary file"),
    ),
)
def test_what_contradicts_is_not_picked(repository: PrivateRepository, ours: bytes, theirs: bytes) -> None:
    base = tree_of(repository, b"1\n2\n")
    assert pick(repository, base, tree_of(repository, theirs), tree_of(repository, ours)) is None


def test_a_file_that_one_side_removed_is_not_picked(repository: PrivateRepository) -> None:
    base, ours = tree_of(repository, b"1\n2\n"), repository.objects.write_tree({})
    assert pick(repository, base, tree_of(repository, b"1\ntwo\n"), ours) is None
