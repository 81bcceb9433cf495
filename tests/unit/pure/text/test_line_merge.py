"""Line by line merging: neighbours go together, contradictions do not, and the order of the sides does not matter."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.text.line_merge import Edit, merge_edits

BASE = [b"one\n", b"two\n", b"three\n", b"four\n"]


def edits(after: list[bytes], base: list[bytes] = BASE) -> list[Edit]:
    codes = difflib.SequenceMatcher(None, base, after, autojunk=False).get_opcodes()
    return [Edit(a, b, tuple(after[c:d])) for tag, a, b, c, d in codes if tag != "equal"]


def merged(ours: list[bytes], theirs: list[bytes]) -> list[bytes] | None:
    return merge_edits(BASE, edits(ours), edits(theirs))


def test_edits_of_neighbouring_lines_go_together() -> None:
    ours = [b"one\n", b"TWO\n", b"three\n", b"four\n"]
    theirs = [b"one\n", b"two\n", b"THREE\n", b"four\n"]
    assert merged(ours, theirs) == [b"one\n", b"TWO\n", b"THREE\n", b"four\n"]


def test_a_line_deleted_next_to_a_line_changed() -> None:
    assert merged([b"one\n", b"three\n", b"four\n"], [b"one\n", b"two\n", b"3\n", b"four\n"]) == [
        b"one\n",
        b"3\n",
        b"four\n",
    ]


def test_an_insertion_beside_a_changed_line_keeps_its_place() -> None:
    after = [b"one\n", b"two\n", b"new\n", b"three\n", b"four\n"]
    assert merged([b"one\n", b"TWO\n", b"three\n", b"four\n"], after) == [
        b"one\n",
        b"TWO\n",
        b"new\n",
        b"three\n",
        b"four\n",
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    (
        pytest.param([b"1\n", *BASE[1:]], [b"eins\n", *BASE[1:]], id="the same line"),
        pytest.param([*BASE, b"a\n"], [*BASE, b"b\n"], id="two insertions at one place"),
        pytest.param(BASE[:1] + BASE[3:], [b"one\n", b"two\n", b"new\n", b"three\n", b"four\n"], id="into a deletion"),
        pytest.param(BASE[:1] + BASE[3:], [b"one\n", b"two\n", b"THREE\n", b"four\n"], id="change of a deleted line"),
        pytest.param([b" one\n", *BASE[1:]], [b"1\n", *BASE[1:]], id="indentation is no mere whitespace"),
    ),
)
def test_contradictions_are_reported_from_either_side(ours: list[bytes], theirs: list[bytes]) -> None:
    assert merged(ours, theirs) is None
    assert merged(theirs, ours) is None


def test_a_side_that_changed_only_the_amount_of_whitespace_yields() -> None:
    base = [b"a = 1\n"]
    spaced, changed = edits([b"a  =  1\n"], base), edits([b"a = 2\n"], base)
    assert merge_edits(base, spaced, changed) == merge_edits(base, changed, spaced) == [b"a = 2\n"]


def test_what_both_sides_did_alike_is_done_once() -> None:
    after = [*BASE[:2], b"new\n", *BASE[2:]]
    assert merged(after, after) == after


lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n", b"e\n"]), max_size=8)


@given(base=lines, ours=lines, theirs=lines)
def test_the_sides_may_be_swapped_unless_they_insert_alike(
    base: list[bytes], ours: list[bytes], theirs: list[bytes]
) -> None:
    one = merge_edits(base, edits(ours, base), edits(theirs, base))
    other = merge_edits(base, edits(theirs, base), edits(ours, base))
    assert one == other


@given(base=lines, ours=lines)
def test_one_side_alone_comes_through_unchanged(base: list[bytes], ours: list[bytes]) -> None:
    assert merge_edits(base, edits(ours, base), []) == ours
    assert merge_edits(base, [], edits(ours, base)) == ours
